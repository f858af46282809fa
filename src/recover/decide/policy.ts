import { requireArgument } from "../../core/arguments.js";
import {
  duration,
  number,
  type OptionTable,
  readOptions,
  section,
  texts,
  whole,
} from "../../core/options/option-table.js";
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

const { MAX_SAFE_INTEGER: most } = Number;
const recoveryTable: OptionTable<RecoveryOptions> = {
  retries: whole(0, most, 3),
  restarts: whole(0, most, 20),
  // Shorter silence is that of healthy trainings.
  hangAfter: duration("10m", 1000),
  startAfter: duration("1h", 1000),
  saveAfter: duration("30m", 1000),
  backoff: section('{ first: "5s", most: "5m" }'),
  spares: texts("10.0.0.9"),
  skipBatches: whole(1, most, 2),
  learningRateFactor: number(1e-6, 1, 0.5),
  spikeDeviations: number(1, 1e6, 8),
  spikeSteps: whole(1, most, 3),
  compareSteps: whole(0, most, 5),
  tolerance: number(0, 1, 0.001),
  table: section('{ "loss-spike": ["skip-data", "stop"] }'),
  onDecision: {
    ...texts("/opt/page-me", "--team", "training"),
    expected: "a program and its arguments",
    isRight: (value) => texts().isRight(value) && (value as readonly string[]).length > 0,
  },
};
const backoffTable: OptionTable<NonNullable<RecoveryOptions["backoff"]>> = {
  first: duration("5s"),
  most: duration("5m"),
};

function limits(options: RecoveryOptions): DetectionLimits {
  const read = (value: string | number | undefined, name: string, usual: number) =>
    value === undefined ? usual : parseDuration(value, `recovery.${name}`);
  const { hangAfter, spikeDeviations = defaultLimits.spikeDeviations, spikeSteps = defaultLimits.spikeSteps } = options;
  return {
    ...defaultLimits,
    hangAfterMs: hangAfter === undefined ? undefined : parseDuration(hangAfter, "recovery.hangAfter"),
    startAfterMs: read(options.startAfter, "startAfter", defaultLimits.startAfterMs),
    saveAfterMs: read(options.saveAfter, "saveAfter", defaultLimits.saveAfterMs),
    spikeDeviations,
    spikeSteps,
  };
}

/** Fills in the defaults. @throws ARGUMENT_INVALID for options that do not exist or values out of range. */
export function recoveryPolicy(given: RecoveryOptions = {}): RecoveryPolicy {
  const place = { name: "recovery", code: "ARGUMENT_INVALID" } as const;
  const options = readOptions(given, recoveryTable, place);
  const backoff = readOptions(options.backoff ?? {}, backoffTable, { ...place, name: "recovery.backoff" });
  const [firstMs, mostMs] = [backoff.first ?? "5s", backoff.most ?? "5m"].map((each) => parseDuration(each, "backoff"));
  requireArgument((firstMs as number) <= (mostMs as number), {
    ...{ call: "recovery.backoff", expected: "first no longer than most" },
    ...{ found: `${backoff.first ?? "5s"} and ${backoff.most ?? "5m"}`, example: '{ first: "5s", most: "5m" }' },
  });
  const { retries = 4, restarts = Number.MAX_SAFE_INTEGER, skipBatches = 2, learningRateFactor = 0.5 } = options;
  return {
    retries,
    restarts,
    backoff: { firstMs: firstMs as number, mostMs: mostMs as number },
    spares: options.spares ?? [],
    skipBatches,
    learningRateFactor,
    compareSteps: options.compareSteps ?? 5,
    tolerance: options.tolerance ?? 1e-3,
    table: mergeTable(options.table),
    limits: limits(options),
    ...(options.onDecision && { onDecision: options.onDecision }),
  };
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
