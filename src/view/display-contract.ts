/**
 * The contract between code that makes outputs and code that shows them; the kernel and the library share nothing else.
 *
 * 1. An object with a method under `Symbol.for("Jupyter.display")` defines its own output: it returns a MIME bundle
 *   or a promise of one.
 *    (The same symbol is used by other JavaScript kernels.)
 * 2. The kernel puts one host object under `Symbol.for("Jupyter.host")` on globalThis. Without it there is no notebook:
 *   print text.
 * 3. A package may have an `Assistant`, which completes and explains the arguments of its functions.
 */
export type MimeBundle = Record<string, unknown>;

export const displayKey: unique symbol = Symbol.for("Jupyter.display") as never;
export const hostKey: unique symbol = Symbol.for("Jupyter.host") as never;

/** An object that shows itself. */
export interface Displayable {
  [displayKey](): MimeBundle | Promise<MimeBundle>;
}

/** Options of one output. */
export interface DisplayOptions {
  /** With it the output can be updated later, also from another cell. */
  readonly displayId?: string;
  /** Replace what was shown under `displayId` instead of adding an output. */
  readonly update?: boolean;
  readonly metadata?: Record<string, unknown>;
}

export interface JupyterHost {
  readonly version: 1;
  display(data: MimeBundle, options?: DisplayOptions): void;
  clearOutput(options?: { readonly wait?: boolean }): void;
  /** Aborted when the cell that the caller runs in is interrupted. */
  readonly signal: AbortSignal;
  /** True if the front end can ask the user something, so that somebody is probably watching; false in batch runs. */
  readonly interactive: boolean;
  /** Two-way connections to code in the front end (widgets, live views); undefined in a kernel that has none. */
  readonly comms?: JupyterComms;
  /**
   * Shows the progress of a long job: a bar where somebody watches, lines in a batch run; undefined in a kernel that
   * has no such thing.
   */
  progress?(options: ProgressOptions): Progress;
  /**
   * Asks the user for a line of text. Rejects if the front end cannot ask (`interactive` is false) and when the cell is
   * interrupted. Undefined in a kernel that cannot ask.
   */
  input?(prompt?: string, options?: { readonly password?: boolean }): Promise<string>;
}

export interface ProgressOptions {
  /** What is being done: `"tokenizing"`. */
  readonly title: string;
  /** How much there is to do; without it only the count and the rate are shown. */
  readonly total?: number;
  /** What is counted, in the plural; default `"items"`. */
  readonly unit?: string;
  /** The line for a state, in place of `title: done of total unit, rate, time left`. */
  text?(state: ProgressState): string;
}

export interface ProgressState {
  /** In the job's unit. */
  readonly done: number;
  /** Milliseconds since the beginning. */
  readonly elapsed: number;
  readonly note?: string | undefined;
}

/** Progress of a long job. */
export interface Progress {
  /**
   * `done` counts from the start in the job's unit; `note` is shown behind the numbers. Call it as often as you like.
   */
  update(done: number, note?: string): void;
  /** Replaces the bar by one line that stays, by default how much was done in which time; later calls do nothing. */
  finish(text?: string): void;
}

/** What goes over a comm in one message: JSON, and bytes beside it that are not encoded. */
export interface CommMessage {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** One connection to an object in the front end; both sides may send at any time. */
export interface JupyterComm {
  readonly id: string;
  readonly targetName: string;
  /** False once either side has closed it. */
  readonly isOpen: boolean;
  /** Sends a message; throws if the comm is closed or `data` has no JSON form. The bytes of `buffers` are copied. */
  send(data: Record<string, unknown>, extra?: Partial<Omit<CommMessage, "data">>): void;
  /** Tells the other side that this is over; a second call does nothing. */
  close(data?: Record<string, unknown>): void;
  /** Calls `listener` at every message of the other side, in their order; returns a function that stops that. */
  onMessage(listener: (message: CommMessage) => unknown): () => void;
  /** Calls `listener` when the other side closes the comm; returns a function that stops that. */
  onClose(listener: (message: CommMessage) => unknown): () => void;
}

export interface JupyterComms {
  /**
   * Opens a comm to `targetName`, which code in the front end must have registered; it closes the comm if nobody has.
   */
  open(targetName: string, message?: Partial<CommMessage>): JupyterComm;
  /**
   * Lets the front end open comms to `targetName`; a second registration replaces the first. Returns a function that
   * ends it.
   */
  register(targetName: string, onOpen: (comm: JupyterComm, message: CommMessage) => unknown): () => void;
}

/**
 * A place in a cell that is being typed: an argument of a function, as the kernel describes it to the package that
 * declares the function. A package names its assistant in its package.json: `"jupyter": { "assistant": "./file.js" }`,
 * a module with the export `assistant`. The kernel loads it at the first such place, whether or not a cell has imported
 * the package.
 */
export interface ArgumentPlace {
  /** The function, or the class and its method: `"openConfig"`, `"Config.set"`. */
  readonly callee: string;
  /** Position of the argument, from 0. */
  readonly index: number;
  /** Keys of object literals on the way from the argument to the place: `["input"]`. */
  readonly keys: readonly string[];
  /** The place is a key of an object literal. */
  readonly isKey: boolean;
  /** What stands there now, without quotes. */
  readonly text: string;
  /** The arguments before it: literals and values of variables; undefined for everything else. */
  readonly earlier: readonly unknown[];
  /** The object whose method is called, if a variable holds it. */
  readonly receiver: unknown;
}

export interface ArgumentOffer {
  /** What stands between the quotes; the name of a key. */
  readonly text: string;
  /** For what is no text, such as `true`: what stands there without quotes. */
  readonly code?: string;
  /** A few words about it, parted by ` · `; of the first part some 24 characters are shown beside it. */
  readonly about?: string;
}

export interface ArgumentOffers {
  /** The best first. */
  readonly offers: readonly ArgumentOffer[];
  /** Offer names of files too, those with these endings first: `[".yaml"]`. */
  readonly files?: readonly string[];
}

/** What a package knows about the arguments of its functions. */
export interface Assistant {
  /** Undefined: nothing is known about this argument. */
  complete(place: ArgumentPlace): ArgumentOffers | undefined | Promise<ArgumentOffers | undefined>;
  /** Markdown about what stands there; undefined: nothing is known. */
  inspect(place: ArgumentPlace): string | undefined | Promise<string | undefined>;
}

/** The notebook's host, or undefined in a plain script. */
export function jupyterHost(): JupyterHost | undefined {
  return (globalThis as { [hostKey]?: JupyterHost })[hostKey];
}

/** True for objects that know how they look. */
export function isDisplayable(value: unknown): value is Displayable {
  return (
    typeof value === "object" && value !== null && typeof (value as Partial<Displayable>)[displayKey] === "function"
  );
}
