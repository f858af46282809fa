import type { Config } from "../config/config.js";
import type { Issue } from "../core/error.js";
import { applyChange } from "./changes.js";
import type { PlannedTolerance, ToleranceOption } from "./command/tolerance.js";
import type { PlanChange } from "./estimate/values.js";

/** MindFormers refuses these with another sink_size. */
const needsSink: ReadonlySet<ToleranceOption> = new Set(["TTP", "UCE", "HCCE", "ARF"]);

/** Settings that the options need and that have one possible value. */
export function applyTolerance(config: Config, tolerance: PlannedTolerance | undefined): PlanChange[] {
  const changes: PlanChange[] = [];
  if (tolerance === undefined || tolerance.refused !== undefined) return changes;
  const { options } = tolerance;
  const sink = options.filter((name) => needsSink.has(name));
  if (sink.length > 0)
    applyChange(config, changes, {
      path: "runner_config.sink_size",
      now: 1,
      why: `${sink.join(", ")} ${sink.length === 1 ? "looks" : "look"} at every step`,
    });
  const callbacks = config.get("callbacks");
  for (const [index, callback] of (Array.isArray(callbacks) ? callbacks : []).entries())
    if (callback?.type === "CheckpointMonitor" && callback.async_save === true)
      applyChange(config, changes, {
        path: `callbacks.${index}.async_save`,
        now: false,
        why: "with fault tolerance MindFormers saves synchronously",
      });
  return changes;
}

/** What the user must know: options that are not used, and what ARF does not do without MindCluster. */
export function toleranceIssues(tolerance: PlannedTolerance | undefined): Issue[] {
  if (tolerance === undefined) return [];
  const { refused, options } = tolerance;
  const about = { rule: "tolerance-plan", path: "context.device_target" } as const;
  if (refused !== undefined)
    return [
      {
        ...about,
        severity: "warning",
        message: `${refused}; launchRun uses its own recovery instead`,
        hint: "launchRun(plan, { name, recovery: { retries: 3 } })",
      },
    ];
  if (!options.includes("ARF")) return [];
  return [
    {
      ...about,
      severity: "advice",
      message:
        "ARF: only MindCluster (taskd) starts a failed node alone; under this project's supervisor " +
        "all nodes start again, from the checkpoint that TTP saved",
      hint: 'tolerance: ["TTP", "UCE"] is enough without MindCluster',
    },
  ];
}
