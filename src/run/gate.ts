import { type Issue, LabError, PlanError } from "../core/error.js";

/** Why a run was started although its plan had errors; stands in run.json and, as a decision, in events.jsonl. */
export interface LaunchOverride {
  readonly reason: string;
  /** The errors as the plan had them. */
  readonly errors: readonly { readonly rule: string; readonly path: string; readonly message: string }[];
}

function asOne(errors: readonly Issue[]): string {
  return errors
    .map(({ path, message, hint }) => `- ${path === "" ? "" : `${path}: `}${message}\n  → ${hint}`)
    .join("\n");
}

/**
 * The gate between a plan and its launch. A plan without errors passes (a reason is then not needed and not recorded); one with errors only with
 * a reason, which is returned for the record. @throws PLAN_INVALID, ARGUMENT_INVALID for a reason without a word.
 */
export function passGate(errors: readonly Issue[], override: string | undefined): LaunchOverride | undefined {
  if (override !== undefined && !/\p{L}{2}/u.test(override))
    throw new LabError("ARGUMENT_INVALID", `override: expected a reason in words, found ${JSON.stringify(override)}`, {
      hint: 'launchRun(plan, { name, override: "the warm-up file comes with the first epoch" })',
    });
  if (errors.length === 0) return undefined;
  if (override !== undefined)
    return { reason: override.trim(), errors: errors.map(({ rule, path, message }) => ({ rule, path, message })) };
  const count = errors.length === 1 ? "an error" : `${errors.length} errors`;
  throw new PlanError("PLAN_INVALID", `the plan has ${count}, so nothing was started:\n${asOne(errors)}`, {
    hint: 'correct the configuration and plan again, or launchRun(plan, { name, override: "the reason why it is right" })',
    issues: errors,
  });
}
