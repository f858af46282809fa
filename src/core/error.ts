import type { ErrorCode } from "./errors/catalog.js";

const brand = Symbol.for("mindformers-lab.error");

/** What a `LabError` holds besides code and message. */
export interface LabErrorOptions {
  /** One line to type or to do next. */
  readonly hint: string;
  /** Values for programs: paths, offsets, counts. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The base of every error that the library throws on purpose.
 * `message` says what, which, expected, and found; `hint` says what to type next; `name` equals `code`.
 *
 * @example
 * try {
 *   await openRun("no-such-run");
 * } catch (error) {
 *   if (error instanceof LabError && error.code === "RUN_MISSING") console.log(error.hint);
 * }
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

/**
 * True for errors of this library, also when two copies of the package are loaded.
 *
 * @example
 * try {
 *   await openRun("no-such-run");
 * } catch (error) {
 *   if (isLabError(error)) console.log(error.code, error.hint);
 * }
 */
export function isLabError(value: unknown): value is LabError {
  return typeof value === "object" && value !== null && brand in value;
}

/**
 * One edit of a fix: `set` a value, `unset` a key, or `rename` a key in its place (`to` is the new name, not a path).
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
  /** What, which, expected, and found, with the arithmetic. */
  readonly message: string;
  /** One line to type. */
  readonly hint: string;
  /**
   * The edits that remove the finding, for `config.fix(issue)`; missing where only the user knows the right value.
   */
  readonly fix?: readonly FixStep[];
  /** 1-based position in the source text, if the finding has one. */
  readonly line?: number;
  readonly column?: number;
}

/**
 * The configuration is not usable; `issues` holds every finding.
 *
 * @example
 * const config = await openConfig("pretrain_deepseek3_1b");
 * try {
 *   config.toCommandLine();
 * } catch (error) {
 *   if (error instanceof ConfigError) console.log(error.issues.map(({ path }) => path));
 * }
 */
export class ConfigError extends LabError {
  readonly issues: readonly Issue[];
  constructor(code: ErrorCode, message: string, options: LabErrorOptions & { readonly issues: readonly Issue[] }) {
    super(code, message, options);
    this.issues = options.issues;
  }
}

/**
 * The plan has findings with severity `error`; `issues` holds every finding.
 *
 * @example
 * const config = (await openConfig("pretrain_deepseek3_1b")).set("parallel_config.model_parallel", 3);
 * try {
 *   await planRun(config, { cluster: { device: "Ascend", nodes: ["10.0.0.1"], devicesPerNode: 8 } });
 * } catch (error) {
 *   if (error instanceof PlanError) console.log(error.issues.length);
 * }
 */
export class PlanError extends ConfigError {}

/**
 * The input text, tokenizer, or dataset can't be used.
 *
 * @example
 * try {
 *   await openDataset("dataset/wiki");
 * } catch (error) {
 *   if (error instanceof DataError) console.log(error.code, error.hint);
 * }
 */
export class DataError extends LabError {}

/**
 * A file does not have the format that its name promises.
 *
 * @example
 * try {
 *   await openCheckpoint("damaged.safetensors");
 * } catch (error) {
 *   if (error instanceof FormatError) console.log(error.file, error.offset);
 * }
 */
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

/**
 * A training run ended before its last step.
 *
 * @example
 * const run = await openRun("first");
 * try {
 *   await run.wait();
 * } catch (error) {
 *   if (error instanceof RunFailedError) console.log(error.rank, error.logTail.join("\n"));
 * }
 */
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

/**
 * A checkpoint is missing, incomplete, or damaged.
 *
 * @example
 * try {
 *   (await openCheckpoints("runs/first/output/checkpoint")).latestComplete();
 * } catch (error) {
 *   if (error instanceof CheckpointError) console.log(error.hint);
 * }
 */
export class CheckpointError extends LabError {}

/**
 * The machine lacks something: a program, a port, space, memory.
 *
 * @example
 * const config = await openConfig("pretrain_deepseek3_tiny_cpu");
 * const plan = await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 } });
 * try {
 *   await launchRun(plan, { name: "first" });
 * } catch (error) {
 *   if (error instanceof MachineError) console.log(error.hint);
 * }
 */
export class MachineError extends LabError {}

/**
 * The caller's AbortSignal fired.
 *
 * @example
 * const run = await openRun("first");
 * try {
 *   await run.wait({ signal: AbortSignal.timeout(60_000) }); // milliseconds
 * } catch (error) {
 *   if (!(error instanceof CancelledError)) throw error;
 * }
 */
export class CancelledError extends LabError {
  constructor(what: string, cause?: unknown) {
    super("CANCELLED", `${what} was cancelled`, {
      hint: "run the cell again",
      cause,
    });
  }
}
