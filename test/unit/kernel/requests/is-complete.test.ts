import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RequestOf } from "../../../../kernel/channels/messages.js";
import { guessCompleteness } from "../../../../kernel/requests/guess-completeness.js";
import { isComplete } from "../../../../kernel/requests/language.js";
import type { Services } from "../../../../kernel/requests/services.js";

it.each([
  ["function twice(x: number) {", "  "],
  ["if (a) {\n  call(", "    "],
  ["const list = [\n  1,", "  "],
  ["const text = `a $" + "{b", ""],
  ["const text = `a $" + "{`b`} c", ""],
  ["/* a comment", ""],
  ["call(')', \"]\", `}`, /[)\\]]/, // )", ""],
])("while the evaluator loads, %j is incomplete", (code, indent) => {
  expect(guessCompleteness(code)).toEqual({ status: "incomplete", indent });
});

it.each([
  "const a = 1; a",
  "function f() {\n  return [1, `$" + "{2}`];\n}",
  "'{' + \"(\" // [",
  "/* { */",
  "a / b / (c)",
  "text.replace(/[({]/g, '')",
  "}",
  "",
  "`\\`$" + "{`}`}`",
])("while the evaluator loads, nothing is said of %j, so that consoles run it", (code) => {
  expect(guessCompleteness(code)).toEqual({ status: "unknown" });
});

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const request = (code: string) =>
  ({ type: "is_complete_request", content: { code } }) as unknown as RequestOf<"is_complete_request">;
const services = (evaluator: Promise<unknown>) => ({ evaluator }) as unknown as Services;

it("is_complete is answered by the evaluator, and within a second if the evaluator is still loading", async () => {
  const ready = services(Promise.resolve({ isComplete: () => ({ status: "invalid" }) }));
  expect(await isComplete(request("}"), ready)).toEqual({ status: "invalid" });

  const loading = isComplete(request("f(1,"), services(new Promise(() => undefined)));
  await vi.advanceTimersByTimeAsync(999);
  expect(await loading).toEqual({ status: "incomplete", indent: "" });
});
