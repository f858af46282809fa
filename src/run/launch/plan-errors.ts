import { shownValue } from "../../core/arguments.js";
import { type Issue, LabError, PlanError } from "../../core/error.js";
import type { LaunchOverride } from "../record/run-file.js";

function asOne(errors: readonly Issue[]): string {
  return errors
    .map(({ path, message, hint }) => `- ${path === "" ? "" : `${path}: `}${message}\n  → ${hint}`)
    .join("\n");
}

/**
 * Accepts a plan without errors, and one with errors only if the caller gives a reason, which is returned for the
 * record. A reason is neither needed nor recorded for a plan without errors. @throws PLAN_INVALID, ARGUMENT_INVALID
 * for a reason without a word.
 */
export function requireSoundPlan(errors: readonly Issue[], override: string | undefined): LaunchOverride | undefined {
  if (override !== undefined && (typeof override !== "string" || !/\p{L}{2}/u.test(override)))
    throw new LabError("ARGUMENT_INVALID", `override: expected a reason in words, found ${shownValue(override)}`, {
      hint: 'launchRun(plan, { name, override: "the warm-up file comes with the first epoch" })',
    });
  if (errors.length === 0) return undefined;
  if (override !== undefined)
    return { reason: override.trim(), errors: errors.map(({ rule, path, message }) => ({ rule, path, message })) };
  const count = errors.length === 1 ? "an error" : `${errors.length} errors`;
  throw new PlanError("PLAN_INVALID", `the plan has ${count}, so nothing was started:\n${asOne(errors)}`, {
    hint:
      "correct the configuration and plan again, " +
      'or launchRun(plan, { name, override: "the reason why it is right" })',
    issues: errors,
  });
}
