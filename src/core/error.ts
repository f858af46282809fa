import type { ErrorCode } from "./error-catalogue.js";

const brand = Symbol.for("mindformers-lab.error");

export interface LabErrorOptions {
  /** One line to type or to do next. */
  readonly hint: string;
  /** Values for programs: paths, offsets, counts. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The base of every error that the library throws on purpose.
 * `message` says what, which, expected and found; `hint` says what to type next; `name` equals `code`.
 */
export class LabError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: LabErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for errors of this library, also when two copies of the package are loaded. */
export function isLabError(value: unknown): value is LabError {
  return typeof value === "object" && value !== null && brand in value;
}

/**
 * One edit of a cure: `set` a value, `unset` a key, or `rename` a key in its place (`to` is the new name, not a path).
 */
export type FixStep =
  | { readonly kind: "set"; readonly path: string; readonly value: unknown }
  | { readonly kind: "unset"; readonly path: string }
  | { readonly kind: "rename"; readonly path: string; readonly to: string };

/** A finding of a check: collected first, thrown together. */
export interface Issue {
  readonly severity: "error" | "warning" | "advice";
  /** Stable identifier of the rule, such as `mesh-product`. */
  readonly rule: string;
  /** Config path (`parallel_config.model_parallel`), option or file that the finding is about. */
  readonly path: string;
  /** What, which, expected and found, with the arithmetic. */
  readonly message: string;
  /** One line to type. */
  readonly hint: string;
  /**
   * The edits that remove the finding, for `config.fix(issue)`; missing where only the user can know what was meant.
   */
  readonly fix?: readonly FixStep[];
  /** 1-based position in the source text, where there is one. */
  readonly line?: number;
  readonly column?: number;
}

/** The configuration is not usable; `issues` holds every finding. */
export class ConfigError extends LabError {
  readonly issues: readonly Issue[];
  constructor(code: ErrorCode, message: string, options: LabErrorOptions & { readonly issues: readonly Issue[] }) {
    super(code, message, options);
    this.issues = options.issues;
  }
}

/** The plan has findings of severity error; `issues` holds every finding. */
export class PlanError extends ConfigError {}

/** Input text, tokenizer or dataset can't be used. */
export class DataError extends LabError {}

/** A file does not have the format that its name promises. */
export class FormatError extends LabError {
  readonly file: string;
  /** Byte position where reading stopped making sense. */
  readonly offset: number;
  constructor(
    code: ErrorCode,
    message: string,
    options: LabErrorOptions & {
      readonly file: string;
      readonly offset: number;
    },
  ) {
    super(code, message, options);
    this.file = options.file;
    this.offset = options.offset;
  }
}

/** A training run ended without reaching its end. */
export class RunFailedError extends LabError {
  /** Rank of the worker that failed first; undefined if the scheduler or `msrun` itself failed. */
  readonly rank: number | undefined;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly logTail: readonly string[];
  constructor(
    code: ErrorCode,
    message: string,
    options: LabErrorOptions & {
      readonly rank?: number;
      readonly exitCode?: number;
      readonly signal?: string;
      readonly logTail: readonly string[];
    },
  ) {
    super(code, message, options);
    this.rank = options.rank;
    this.exitCode = options.exitCode;
    this.signal = options.signal;
    this.logTail = options.logTail;
  }
}

/** A checkpoint is missing, incomplete or damaged. */
export class CheckpointError extends LabError {}

/** The machine lacks something: a program, a port, space, memory. */
export class MachineError extends LabError {}

/** The caller's AbortSignal fired. */
export class CancelledError extends LabError {
  constructor(what: string, cause?: unknown) {
    super("CANCELLED", `${what} was cancelled`, {
      hint: "run the cell again",
      cause,
    });
  }
}
