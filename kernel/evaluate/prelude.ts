/** Name of the declaration file that the compiler sees beside every cell. */
export const preludeName = "__kernel__.d.ts";

/** What cells can use beyond the libraries of the language and of Node. */
export const prelude = `
/**
 * Shows a value below the cell: an object with a Symbol.for("Jupyter.display") method, a MIME bundle, or anything else
 * as text.
 */
declare function display(value: unknown, options?: display.Options): void;
declare namespace display {
  interface Options {
    /** With it the output can be replaced later, also from another cell. */
    displayId?: string;
    /** Replace what was shown under displayId instead of adding an output. */
    update?: boolean;
    metadata?: Record<string, unknown>;
  }
  function html(html: string, options?: Options): void;
  function markdown(markdown: string, options?: Options): void;
  /** A formula; without dollars or an environment it is shown in display style. */
  function latex(latex: string, options?: Options): void;
  function svg(svg: string, options?: Options): void;
  /** A tree that can be opened, where the front end has one. */
  function json(value: unknown, options?: Options): void;
  /** Bytes of a PNG, JPEG, GIF, WebP, or SVG, or the text of an SVG. */
  function image(image: Uint8Array | string, options?: Options): void;
  /** A row per object, a column per key: at most 50 rows and 20 columns. */
  function table(rows: readonly object[], options?: Options): void;
  interface ProgressOptions {
    /** What is being done: "reading". */
    title: string;
    /** How much there is to do. */
    total?: number;
    /** What is counted, in the plural; default "items". */
    unit?: string;
    /** The line for a state, in place of "title: done of total unit, rate, time left"; elapsed is in milliseconds. */
    text?(state: { readonly done: number; readonly elapsed: number; readonly note?: string | undefined }): string;
  }
  interface Progress {
    /** How much is done so far, from the start; call it as often as you like. */
    update(done: number, note?: string): void;
    /** Replaces the bar by one line that stays. */
    finish(text?: string): void;
  }
  /** Progress of a long job: a bar in an interactive notebook, a line every 30 seconds in a batch run. */
  function progress(options: ProgressOptions): Progress;
  /** Shows the progress of a loop: for (const file of display.track(files, "reading")) … */
  function track<T>(items: Iterable<T>, about?: string | ProgressOptions): Iterable<T>;
  function track<T>(items: AsyncIterable<T>, about?: string | ProgressOptions): AsyncIterable<T>;
}
/** Removes what this cell has shown so far; with wait, as soon as there is something new to show in its place. */
declare function clearOutput(options?: { wait?: boolean }): void;
/**
 * Asks the user for a line of text; with password, without showing what is typed. Rejects if nobody can be asked (see
 * cell.interactive) and when the cell is interrupted.
 */
declare function input(prompt?: string, options?: { password?: boolean }): Promise<string>;
/**
 * Asks the user for a line of text and waits for it, also in functions that aren't async; until then the kernel runs
 * nothing else. An empty answer is initial. Fails where input does.
 */
declare function prompt(message?: string, initial?: string): string;
/** The cell whose code this is. */
declare const cell: {
  /** Aborted when the cell is interrupted; pass it to fetch, timers, and other calls that take an AbortSignal. */
  readonly signal: AbortSignal;
  /** The number in front of the cell. */
  readonly executionCount: number;
  /** True if the front end can ask the user something; false in batch runs. */
  readonly interactive: boolean;
};
/** One connection to an object in the front end; both sides may send at any time. */
interface JupyterComm {
  readonly id: string;
  readonly targetName: string;
  readonly isOpen: boolean;
  send(
    data: Record<string, unknown>,
    extra?: { metadata?: Record<string, unknown>; buffers?: readonly Uint8Array[] },
  ): void;
  close(data?: Record<string, unknown>): void;
  /** Calls the listener at every message of the other side; returns a function that stops that. */
  onMessage(listener: (message: JupyterCommMessage) => unknown): () => void;
  /** Calls the listener when the other side closes the comm; returns a function that stops that. */
  onClose(listener: (message: JupyterCommMessage) => unknown): () => void;
}
interface JupyterCommMessage {
  readonly data: Readonly<Record<string, any>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}
/** Two-way connections to code in the front end, for widgets and live views. */
declare const comms: {
  /** Opens a comm to a target that code in the front end has registered. */
  open(targetName: string, message?: Partial<JupyterCommMessage>): JupyterComm;
  /** Lets the front end open comms to a target; returns a function that ends it. */
  register(targetName: string, onOpen: (comm: JupyterComm, message: JupyterCommMessage) => unknown): () => void;
};
/** Classes of Node that its types declare only in modules. */
declare var Crypto: { prototype: typeof crypto; new (): typeof crypto };
declare var SubtleCrypto: { prototype: typeof crypto.subtle; new (): typeof crypto.subtle };
declare var CryptoKey: { prototype: Awaited<ReturnType<typeof crypto.subtle.importKey>>; new (): never };
declare var Performance: { prototype: typeof performance; new (): typeof performance };
/** WebAssembly, of which Node's types declare nothing. */
declare namespace WebAssembly {
  type Bytes = ArrayBufferView | ArrayBuffer;
  type Imports = Record<string, Record<string, any>>;
  class Module {
    constructor(bytes: Bytes);
    static exports(module: Module): { name: string; kind: string }[];
    static imports(module: Module): { module: string; name: string; kind: string }[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, any>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Table {
    constructor(descriptor: { element: "anyfunc" | "externref"; initial: number; maximum?: number }, value?: any);
    readonly length: number;
    get(index: number): any;
    set(index: number, value?: any): void;
    grow(by: number, value?: any): number;
  }
  class Global {
    constructor(descriptor: { value: string; mutable?: boolean }, value?: any);
    value: any;
    valueOf(): any;
  }
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  function compile(bytes: Bytes): Promise<Module>;
  function instantiate(bytes: Bytes, imports?: Imports): Promise<{ module: Module; instance: Instance }>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
  function validate(bytes: Bytes): boolean;
}
`;
