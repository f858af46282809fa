import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLauncherCall, type LauncherCall, parseLauncherCall } from "../../../src/plan/command/launcher.js";
import { doubleQuoted, quoteWord, shellWords } from "../../../src/plan/command/shell-words.js";

const loneSurrogate = /\p{Surrogate}/u;

/** Any text without a null byte, with many of the characters that a shell looks at. */
const word = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...` '"\\$\`!*?&|;<>(){}[]~#=%^\n\t-`) },
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join("").replaceAll("\0", ""));
const words = fc.sample(word, { numRuns: 5000, seed: 1 }).filter((text) => !loneSurrogate.test(text));

/** What bash makes of a command line: its words. */
function bash(script: string): string[] {
  const output = execFileSync("bash", ["--norc", "-s"], { input: script, maxBuffer: 1 << 26 });
  return output.toString("utf8").split("\0").slice(0, -1);
}

test("bash reads 5,000 quoted words of odd characters as they were", () => {
  expect(words.length).toBeGreaterThan(4000);
  expect(bash(`printf '%s\\0' ${words.map(quoteWord).join(" ")}`)).toEqual(words);
  expect(bash(`printf '%s\\0' ${words.map(doubleQuoted).join(" ")}`)).toEqual(words);
});

test("so does eval, through which msrun_launcher.sh sends its first argument", () => {
  const program = words.map(quoteWord).join(" ");
  expect(bash(`eval "printf '%s\\0' "${doubleQuoted(program)}`)).toEqual(words);
});

test("our own reader of shell lines finds the words that bash finds", () => {
  expect(shellWords(words.map(quoteWord).join(" "))).toEqual(words);
  expect(shellWords(words.map(doubleQuoted).join(" \\\n "))).toEqual(words);
});

test("a call that is written and read again is the same call", () => {
  const text = word.filter((value) => value !== "" && !loneSurrogate.test(value));
  const call = fc.record<LauncherCall>({
    script: fc.constantFrom("scripts/msrun_launcher.sh", "/my folder/it's/msrun_launcher.sh"),
    program: text,
    form: fc.constant(9 as const),
    workers: fc.constantFrom(16, 1024),
    localWorkers: fc.constant(8),
    masterAddress: fc.constantFrom("10.0.0.1", "$master_ip", "node-0"),
    port: fc.integer({ min: 1024, max: 65_535 }),
    nodeRank: fc.constantFrom("0", "127", "$node_rank"),
    logFolder: fc.constantFrom("output/msrun_log", "/a/b"),
    join: fc.constantFrom("True", "False"),
    timeoutSeconds: fc.nat(10_000),
    nodes: fc.constant(0),
  });
  fc.assert(
    fc.property(call, (given) => {
      expect(parseLauncherCall(formatLauncherCall(given))).toEqual({ ...given, nodes: given.workers / 8 });
    }),
    { numRuns: 1000 },
  );
});
