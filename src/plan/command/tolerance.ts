import { toleranceNames } from "../../config/rules/training/tolerance.js";
import { requireList } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import type { ResolvedCluster } from "./cluster.js";

/**
 * MindSpore's fault tolerance (`MS_ENABLE_TFT`). TTP: the surviving replica saves a checkpoint when a rank dies. UCE:
 * memory errors of a device are repaired from a replica. HCCE: a failed collective is repeated. ARF: only the failed
 * node restarts. TRE: a step with an abnormal result is repeated. TSP: the training can be paused after a step.
 */
export type ToleranceOption = (typeof toleranceNames)[number];

/** Fault tolerance of a plan. */
export interface PlannedTolerance {
  /** The requested options and those that they imply. */
  readonly options: readonly ToleranceOption[];
  /** Variables of every node's workers; none if the options were refused. */
  readonly environment: Readonly<Record<string, string>>;
  /** Why the options are not used; the supervisor's own recovery takes their place. */
  readonly refused?: string;
}

/** Options without MindIO: the trainer itself does the step again. */
const withoutMindIo: ReadonlySet<ToleranceOption> = new Set(["TRE"]);
function withImplied(asked: readonly ToleranceOption[]): ToleranceOption[] {
  const unknown = asked.find((name) => !toleranceNames.includes(name));
  if (unknown !== undefined)
    throw new LabError(
      "ARGUMENT_INVALID",
      `tolerance: expected ${toleranceNames.join(", ")}, found ${JSON.stringify(unknown)}`,
      { hint: 'tolerance: ["TTP", "UCE", "ARF"]' },
    );
  // MindSpore turns TTP on for ARF itself, with a warning; UCE falls back to it.
  const implied = asked.includes("ARF") || asked.includes("UCE");
  return toleranceNames.filter((name) => asked.includes(name) || (name === "TTP" && implied));
}

/** Works out options and environment; undefined if none are asked for. @throws ARGUMENT_INVALID for unknown ones */
export function planTolerance(
  asked: readonly ToleranceOption[] | undefined,
  cluster: ResolvedCluster,
): PlannedTolerance | undefined {
  requireList(asked, "planRun, tolerance", 'tolerance: ["TTP", "UCE", "ARF"]');
  if (asked === undefined || asked.length === 0) return undefined;
  const options = withImplied(asked);
  if (cluster.device !== "Ascend")
    return {
      options,
      environment: {},
      refused: `MindSpore's fault tolerance (${options.join(", ")}) works on Ascend only, these are CPU workers`,
    };
  const mindIo = options.some((name) => !withoutMindIo.has(name));
  return {
    options,
    environment: {
      MS_ENABLE_TFT: `{${options.map((name) => `${name}:1`).join(",")}}`,
      ...(mindIo && {
        MINDIO_FOR_MINDSPORE: "1",
        // The controller lives in rank 0; the scheduler has the port below.
        MS_TFT_IP: cluster.access?.masterAddress ?? (cluster.nodes[0] as string),
        MS_TFT_PORT: String(cluster.port + 1),
      }),
    },
  };
}
