// Brings the machine to the state that the steps describe, and reports how far it is.
import { checkMachine } from "./machine.mjs";
import { allOrFirstFailure, endOnInterrupt, SetupError } from "./program.mjs";
import { bad, begin, good, upToDate } from "./reporter.mjs";
import { steps } from "./steps.mjs";

/** Throws one SetupError that names everything the machine lacks. */
export function requireMachine() {
  const missing = checkMachine().filter((check) => !check.good);
  if (missing.length === 0) return;
  const lines = missing.map(({ what, found, expected }) => `${what}: expected ${expected}, found ${found}`);
  throw new SetupError(lines.join("\n  "), missing.map(({ cure }) => cure).join("\n  "));
}

/**
 * Runs the steps that are not up to date, each as soon as those that it needs are done. `command`: what the user typed,
 * and types again after an interrupt.
 */
export async function setUp(command, extraSteps = []) {
  requireMachine();
  const settled = endOnInterrupt(`interrupted; ${command} continues where it was`);
  const all = [...steps, ...extraSteps];
  const done = new Map();
  for (const [index, step] of all.entries()) {
    const label = `[${index + 1}/${all.length}] ${step.title}`;
    const needed = step.needs.map((other) => done.get(other));
    done.set(
      step,
      allOrFirstFailure(needed).then(() => bringUpToDate(step, label)),
    );
  }
  await allOrFirstFailure([...done.values()]).finally(settled);
}

async function bringUpToDate(step, label) {
  if (step.upToDate()) {
    upToDate(label);
    return;
  }
  const report = begin(label, step);
  try {
    await step.run(report);
  } catch (error) {
    report.failed();
    if (error instanceof SetupError) throw new SetupError(`${error.message}\n  output: ${report.logPath}`, error.cure);
    throw error;
  }
  report.done();
}

/** Prints what is there and what is missing, with the cure; returns whether everything is. */
export function doctor() {
  const checks = [
    ...checkMachine(),
    ...steps.map((step) => ({
      what: step.title,
      good: step.upToDate(),
      found: "missing or out of date",
      expected: step.detail,
      cure: "npm run setup",
    })),
  ];
  for (const { what, good: isGood, found, expected, cure } of checks) {
    const state = found === "missing or out of date" ? "up to date" : found;
    console.log(
      isGood ? `${good("✓")} ${what}: ${state}` : `${bad("✗")} ${what}: expected ${expected}, found ${found}`,
    );
    if (!isGood) console.log(`    fix: ${cure}`);
  }
  return checks.every((check) => check.good);
}
