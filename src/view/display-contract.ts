/**
 * The contract between whoever makes something to look at and whoever shows it; the kernel and the library share nothing else.
 *
 * 1. An object with a method under `Symbol.for("Jupyter.display")` says itself how it looks: it returns a MIME bundle or a promise of one.
 *    (The same symbol is used by other JavaScript kernels.)
 * 2. The kernel puts one host object under `Symbol.for("Jupyter.host")` on globalThis. Without it there is no notebook: print text.
 */
export type MimeBundle = Record<string, unknown>;

export const displayKey: unique symbol = Symbol.for("Jupyter.display") as never;
export const hostKey: unique symbol = Symbol.for("Jupyter.host") as never;

export interface Displayable {
  [displayKey](): MimeBundle | Promise<MimeBundle>;
}

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
