// Bringing the machine to the state that the steps describe, and telling how far it is.
import { checkMachine } from "./machine.mjs";
import { allOrFirstFailure, SetupError } from "./program.mjs";
import { steps } from "./steps.mjs";

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
export const good = (text) => paint(32, text);
export const bad = (text) => paint(31, text);
export const strong = (text) => paint(1, text);

function seconds(since) {
  const total = Math.round((Date.now() - since) / 1000);
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}

/** Throws one SetupError that names everything the machine lacks. */
export function requireMachine() {
  const missing = checkMachine().filter((check) => !check.good);
  if (missing.length === 0) return;
  const lines = missing.map(({ what, found, expected }) => `${what}: expected ${expected}, found ${found}`);
  throw new SetupError(lines.join("\n  "), missing.map(({ cure }) => cure).join("\n  "));
}

/** Runs the steps that are not up to date, each as soon as those that it needs are done. */
export async function setUp(extraSteps = []) {
  requireMachine();
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
  await allOrFirstFailure([...done.values()]);
}

async function bringUpToDate(step, label) {
  if (step.upToDate()) {
    console.log(`${good("✓")} ${label}: up to date`);
    return;
  }
  console.log(`${strong("→")} ${strong(label)}: ${step.detail}`);
  const start = Date.now();
  try {
    await step.run();
  } catch (error) {
    console.log(`${bad("✗")} ${label}: failed after ${seconds(start)}; what does not need it goes on`);
    throw error;
  }
  console.log(`${good("✓")} ${label}: done in ${seconds(start)}`);
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
    console.log(
      `${isGood ? good("✓") : bad("✗")} ${what}: ${isGood ? (found === "missing or out of date" ? "up to date" : found) : `expected ${expected}, found ${found}`}`,
    );
    if (!isGood) console.log(`    cure: ${cure}`);
  }
  return checks.every((check) => check.good);
}
