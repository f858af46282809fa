import { expect, test } from "vitest";
import { Config } from "../../../src/config/config.js";

const of = (text: string) => new Config({ kind: "text", name: "text" }, text);
const found = (text: string, rule: string) =>
  of(text)
    .check()
    .filter((issue) => issue.rule === rule);

test("a file with a key twice opens, the last value counts, and check() reports an error at the first line", () => {
  const config = of("runner_config:\n  epochs: 1\n  batch_size: 2\n  epochs: 3\n");
  expect(config.get("runner_config.epochs")).toBe(3);
  expect(found(config.text, "duplicate-key")).toMatchObject([
    {
      severity: "error",
      path: "runner_config.epochs",
      line: 2,
      message: "the key appears 2 times in one section: 1, then 3; only the last counts",
    },
  ]);
});

test("set edits the value that PyYAML takes, and leaves the other one as it is", () => {
  const config = of("a: 1\nb: 2\na: 3 # last\n").set("a", 4);
  expect(config.text).toBe("a: 1\nb: 2\na: 4 # last\n");
  expect(config.get("a")).toBe(4);
});

test("keys that Python takes for equal are one key: 1, 1.0 and True", () => {
  expect(found("a: {1: x, 1.0: y, True: z}\n", "duplicate-key")).toMatchObject([{ path: "a.1" }]);
});

test.each([
  ["seed: 0123\n", "seed", /0123 is 83 for PyYAML \(octal/, "write 123, or 83 if you mean that"],
  ["seed: 12:30\n", "seed", /12:30 is 750 for PyYAML \(base 60/, 'quote it ("12:30"), or write 750 if you mean that'],
  ["seed: -0_17\n", "seed", /is -15 for PyYAML/, "write -17, or -15 if you mean that"],
])("%j deserves a word", (text, path, message, hint) => {
  expect(found(text, "number-base")).toMatchObject([
    { severity: "warning", path, message: expect.stringMatching(message), hint, line: 1 },
  ]);
});

test.each(["seed: 0\n", "seed: 0.5\n", 'seed: "0123"\n', "seed: 0x10\n", "seed: 1_000\n"])(
  "%j needs no word",
  (text) => {
    expect(found(text, "number-base")).toEqual([]);
  },
);
