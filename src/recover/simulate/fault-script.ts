import { hasAll, shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { parseDuration } from "../../core/units.js";
import type { FaultKind, ScriptedFault } from "../../plan/command/simulate.js";
import { faultKinds } from "./fault-table.js";

/** A scripted fault, read. Exactly one of `step` and `time` is set. */
export interface PlannedFault {
  readonly step?: number;
  /** Milliseconds since the start. */
  readonly time?: number;
  readonly rank: number;
  readonly kind: FaultKind;
}

/** @throws ARGUMENT_INVALID for a kind, a rank or a place that does not exist. */
export function readScript(script: readonly ScriptedFault[], devices: number): readonly PlannedFault[] {
  return script.map((fault, index) => {
    const refuse = (what: string, expected: string, found: unknown) =>
      new LabError(
        "ARGUMENT_INVALID",
        `simulate.faults[${index}].${what}: expected ${expected}, found ${shownValue(found)}`,
        { hint: 'faults: [{ at: "step 120", rank: 5, kind: "hang" }]' },
      );
    if (!hasAll(fault)) throw refuse("kind", `one of ${faultKinds.join(", ")}`, fault);
    const { at, rank = 0, kind } = fault;
    if (typeof at !== "string") throw refuse("at", 'a text such as "step 120" or "2h"', at);
    if (!faultKinds.includes(kind)) throw refuse("kind", `one of ${faultKinds.join(", ")}`, kind);
    if (!Number.isInteger(rank) || rank < 0 || rank >= devices) throw refuse("rank", `0 to ${devices - 1}`, rank);
    const step = /^step (\d+)$/.exec(at)?.[1];
    if (step === "0" || (step === undefined && at.startsWith("step")))
      throw refuse("at", 'a step from 1 on, such as "step 120", or a duration such as "2h"', at);
    if (step !== undefined) return { step: Number(step), rank, kind };
    return { time: parseDuration(at, `simulate.faults[${index}].at`), rank, kind };
  });
}
