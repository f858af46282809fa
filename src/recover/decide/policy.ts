import { LabError } from "../../core/error.js";
import { formatDuration, parseDuration } from "../../core/units.js";
import { type DetectionLimits, defaultLimits } from "../detect/limits.js";
import { type DecisionTable, mergeTable } from "./table.js";

/** How a run recovers by itself: `launchRun(plan, { name, recovery: { retries: 3 } })`. */
export interface RecoveryOptions {
  /** Restarts since the newest checkpoint; default 4, as many as the longest row of the table has. */
  readonly retries?: number;
  /** Restarts of the whole run; default: no limit. */
  readonly restarts?: number;
  /**
   * Silence during training that counts as a hang, such as `"10m"`; default: 45 s or ten median steps, whichever is
   * longer.
   */
  readonly hangAfter?: string | number;
  /** Silence allowed from the start to the first step, while workers connect and compile; default `"1h"`. */
  readonly startAfter?: string | number;
  /** Time that saving a checkpoint may take; default: 30 min or four usual saves, whichever is longer. */
  readonly saveAfter?: string | number;
  /** Wait before the first restart and the longest one; it doubles each time. Default `{ first: "5s", most: "5m" }`. */
  readonly backoff?: { readonly first?: string | number; readonly most?: string | number };
  /** Nodes that take the place of bad ones, in this order. */
  readonly spares?: readonly string[];
  /** Least number of batches to skip from the first bad step on; default 2. All batches seen to be bad are skipped. */
  readonly skipBatches?: number;
  /** Factor on the learning rate when it is lowered; default 0.5. */
  readonly learningRateFactor?: number;
  /** Deviations above the median from which a loss counts as high; default 8. */
  readonly spikeDeviations?: number;
  /** Consecutive steps with a high loss that count as a spike; default 3. */
  readonly spikeSteps?: number;
  /** Losses after a resume to compare with the recorded ones of the same steps; default 5. */
  readonly compareSteps?: number;
  /** Largest relative difference of these losses; default 0.001. */
  readonly tolerance?: number;
  /** Rows that replace those of the default table: `{ "loss-spike": ["skip-data", "stop"] }`. */
  readonly table?: DecisionTable;
  /**
   * Program and arguments to start for each decision, with the decision as a line of JSON on standard input:
   * `["/opt/page-me"]`. It can notify somebody, or forbid the action: `{"veto": "reason"}` on standard output ends the
   * run. A program that fails or takes more than 30 s changes nothing.
   */
  readonly onDecision?: readonly string[];
}

/** The options with every default filled in; plain data, so that it can be recorded and read by the supervisor. */
export interface RecoveryPolicy {
  readonly retries: number;
  readonly restarts: number;
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  readonly spares: readonly string[];
  readonly skipBatches: number;
  readonly learningRateFactor: number;
  readonly compareSteps: number;
  readonly tolerance: number;
  readonly table: DecisionTable;
  readonly limits: DetectionLimits;
  readonly onDecision?: readonly string[];
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly whole: boolean;
}

function number(name: keyof RecoveryOptions, value: number, { low, high, whole }: Range): number {
  if (typeof value === "number" && value >= low && value <= high && (!whole || Number.isInteger(value))) return value;
  const range = high > 1e15 ? `${low} or more` : `${low} to ${high}`;
  throw new LabError(
    "ARGUMENT_INVALID",
    `recovery.${name}: expected a ${whole ? "whole " : ""}number, ${range}, found ${JSON.stringify(value)}`,
    { hint: 'recovery: { retries: 3, hangAfter: "10m" }' },
  );
}

const count: Range = { low: 0, high: Number.MAX_SAFE_INTEGER, whole: true };
const known: ReadonlySet<string> = new Set([
  "retries",
  "restarts",
  "hangAfter",
  "startAfter",
  "saveAfter",
  "backoff",
  "spares",
  "skipBatches",
  "learningRateFactor",
  "spikeDeviations",
  "spikeSteps",
  "compareSteps",
  "tolerance",
  "table",
  "onDecision",
]);

function limits(options: RecoveryOptions): DetectionLimits {
  const duration = (value: string | number | undefined, name: string, usual: number) =>
    value === undefined ? usual : parseDuration(value, `recovery.${name}`);
  const { hangAfter, spikeDeviations = defaultLimits.spikeDeviations, spikeSteps = defaultLimits.spikeSteps } = options;
  return {
    ...defaultLimits,
    hangAfterMs: hangAfter === undefined ? undefined : parseDuration(hangAfter, "recovery.hangAfter"),
    startAfterMs: duration(options.startAfter, "startAfter", defaultLimits.startAfterMs),
    saveAfterMs: duration(options.saveAfter, "saveAfter", defaultLimits.saveAfterMs),
    spikeDeviations: number("spikeDeviations", spikeDeviations, { low: 1, high: 1e6, whole: false }),
    spikeSteps: number("spikeSteps", spikeSteps, { ...count, low: 1 }),
  };
}

/** Fills in the defaults. @throws ARGUMENT_INVALID for options that do not exist or values out of range. */
export function recoveryPolicy(options: RecoveryOptions = {}): RecoveryPolicy {
  const odd = Object.keys(options).find((name) => !known.has(name));
  if (odd !== undefined)
    throw new LabError("ARGUMENT_INVALID", `recovery: unknown option ${odd}, expected ${[...known].join(", ")}`, {
      hint: 'recovery: { retries: 3, hangAfter: "10m" }',
    });
  const { retries = 4, restarts = Number.MAX_SAFE_INTEGER, skipBatches = 2, learningRateFactor = 0.5 } = options;
  return {
    retries: number("retries", retries, count),
    restarts: number("restarts", restarts, count),
    backoff: {
      firstMs: parseDuration(options.backoff?.first ?? "5s", "recovery.backoff.first"),
      mostMs: parseDuration(options.backoff?.most ?? "5m", "recovery.backoff.most"),
    },
    spares: options.spares ?? [],
    skipBatches: number("skipBatches", skipBatches, { ...count, low: 1 }),
    learningRateFactor: number("learningRateFactor", learningRateFactor, { low: 1e-6, high: 1, whole: false }),
    compareSteps: number("compareSteps", options.compareSteps ?? 5, count),
    tolerance: number("tolerance", options.tolerance ?? 1e-3, { low: 0, high: 1, whole: false }),
    table: mergeTable(options.table),
    limits: limits(options),
    ...(options.onDecision && { onDecision: hook(options.onDecision) }),
  };
}

function hook(argv: readonly string[]): readonly string[] {
  if (Array.isArray(argv) && argv.length > 0 && argv.every((word) => typeof word === "string")) return argv;
  throw new LabError(
    "ARGUMENT_INVALID",
    `recovery.onDecision: expected a program and its arguments, found ${JSON.stringify(argv)}`,
    { hint: 'recovery: { onDecision: ["/opt/page-me", "--team", "training"] }' },
  );
}

/** The policy in one line, for cards. */
export function describePolicy(policy: RecoveryPolicy | undefined): string {
  if (policy === undefined) return "off: a failed run stays failed";
  const { hangAfterMs, hangAtLeastMs, hangSteps } = policy.limits;
  const hang =
    hangAfterMs === undefined ? `${formatDuration(hangAtLeastMs)} or ${hangSteps} steps` : formatDuration(hangAfterMs);
  const spares = policy.spares.length === 0 ? "no spares" : `spares ${policy.spares.join(", ")}`;
  const restarts = `${policy.retries} ${policy.retries === 1 ? "restart" : "restarts"} without a new checkpoint`;
  return `${restarts}, a hang after ${hang} of silence, ${spares}`;
}
