import { LabError } from "../../core/error.js";
import type { LaunchOverride } from "../record/run-file.js";

interface Accepting {
  readonly override: string | undefined;
  readonly call: string;
  readonly restore?: string | undefined;
}

/**
 * Accepts a training whose data, tokenizer, and code are as they were recorded; one that has changed only if the
 * caller gives a reason, which is returned for the record. `name`: the run that recorded them; `call`: the line to
 * type; `restore`: what restores a dataset. Throws RUN_CHANGED.
 */
export function requireUnchanged(
  name: string,
  changes: readonly string[],
  { override, call, restore = "restore what has changed" }: Accepting,
): LaunchOverride | undefined {
  if (changes.length === 0) return undefined;
  if (override !== undefined)
    return {
      reason: override.trim(),
      errors: changes.map((message) => ({ rule: "run-changed", path: "", message })),
    };
  const lines = changes.slice(0, 20).map((change) => `- ${change}`);
  throw new LabError("RUN_CHANGED", `run ${name}: its inputs have changed since the launch:\n${lines.join("\n")}`, {
    hint: `${restore}, or: ${call.replace("…", 'override: "the reason why it is right"')}`,
    details: { name, changes },
  });
}

/** All that was overridden, for one reason. */
export function joinOverrides(found: readonly (LaunchOverride | undefined)[]): LaunchOverride | undefined {
  const given = found.filter((one) => one !== undefined);
  const [first] = given;
  return first && { reason: first.reason, errors: given.flatMap(({ errors }) => errors) };
}
