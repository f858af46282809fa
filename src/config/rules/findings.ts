import type { Cure } from "./cure.js";
import type { RuleFinding } from "./rule.js";

type Words = readonly [path: string, message: string];

/** The run would not start, would fail or would not do what is written. */
export function error([path, message]: Words, cure: Cure): RuleFinding {
  return { severity: "error", path, message, ...cure };
}

/** The run starts, but a setting does not do what it seems to do. */
export function warning([path, message]: Words, cure: Cure): RuleFinding {
  return { severity: "warning", path, message, ...cure };
}

/** All right, but better is known. */
export function advice([path, message]: Words, cure: Cure): RuleFinding {
  return { severity: "advice", path, message, ...cure };
}
