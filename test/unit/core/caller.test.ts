import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { forCaller } from "../../../src/core/caller.js";

/** Fails in a timer, where V8 does not know who waits. */
function failing(error: unknown): Promise<never> {
  return forCaller(failing, () => new Promise<never>((_, reject) => setTimeout(() => reject(error), 1)));
}

const strangeError = (): Error => {
  const error = new Error("strange");
  error.stack = "Error: strange\n    at somewhere (/else/where.js:1:2)";
  return error;
};

const linesOf = (error: unknown): string[] => (error as Error).stack?.split("\n") ?? [];

it("An error that arises in a timer names the line that made the call", async () => {
  async function user(): Promise<unknown> {
    await turn();
    return failing(strangeError()).catch((error: unknown) => error);
  }
  const lines = linesOf(await user());
  expect(lines.slice(0, 2)).toEqual(["Error: strange", "    at somewhere (/else/where.js:1:2)"]);
  expect(lines[2]).toMatch(/^ {4}at user \(.*caller\.test\.ts:\d+:\d+\)$/);
  expect(lines.join("\n")).not.toMatch(/core\/caller\.ts/);
});

it("An error that has a frame of the caller's file stays as it is, and so does what is no error", async () => {
  const error = new Error("made here");
  const stack = error.stack;
  await expect(failing(error)).rejects.toBe(error);
  expect(error.stack).toBe(stack);
  await expect(failing("a text")).rejects.toBe("a text");
});
