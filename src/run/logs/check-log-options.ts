import { LabError } from "../../core/error.js";
import { logLevels } from "./scan.js";

/** The error for an option of `run.logs`. */
export function refuseOption(option: string, expected: string, found: unknown): LabError {
  return new LabError("ARGUMENT_INVALID", `logs ${option}: expected ${expected}, found ${shownFound(found)}`, {
    hint: 'run.logs({ rank: "all", level: "ERROR", since: "10m" })',
    details: { option, found },
  });
}

/** JSON has no word for NaN and infinity. */
function shownFound(found: unknown): string {
  return typeof found === "number" || found instanceof Date ? String(found) : JSON.stringify(found);
}

const choices = {
  source: ["worker", "scheduler", "msrun", "supervisor"],
  level: logLevels,
  fold: ["equal", "none"],
  lines: ["short", "whole"],
} as const;

/** Names of the options of `run.logs`. */
export const logOptions = [
  "rank",
  "node",
  "since",
  "until",
  "tail",
  "match",
  "follow",
  "attempt",
  ...Object.keys(choices),
];

const isCount = (value: unknown) => value === undefined || (Number.isInteger(value) && Number(value) >= 1);

/** Refuses values that an option does not take. @throws ARGUMENT_INVALID */
export function checkLogOptions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, known] of Object.entries(choices)) {
    const value = options[name];
    if (value === undefined || (known as readonly unknown[]).includes(value)) continue;
    throw refuseOption(name, known.map((one) => JSON.stringify(one)).join(", "), value);
  }
  if (!isCount(options.tail)) throw refuseOption("tail", "a number of records from 1 up", options.tail);
  if (!isCount(options.attempt)) throw refuseOption("attempt", "the number of an attempt from 1 up", options.attempt);
}
