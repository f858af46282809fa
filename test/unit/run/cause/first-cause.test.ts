import { expect, it } from "vitest";
import { explainError, explainLines } from "../../../../src/run/cause/explain-error.js";
import { judgeCause, kindOf, type RankErrors, timedOutRanks } from "../../../../src/run/cause/first-cause.js";
import { codesIn, knownErrors } from "../../../../src/run/cause/known-errors.js";
import { displayKey } from "../../../../src/view/display-contract.js";

const rank = (number: number, errors: Partial<RankErrors> = {}): RankErrors => ({
  rank: number,
  node: `n${number >> 1}`,
  ...errors,
});
const trace = "Traceback (most recent call last):\n  File x\nValueError: broken on purpose";
const ring = "RuntimeError: Ring ReduceScatter wait receiving [0, 1) failed";

it("the earliest own error began it; ranks that waited failed as a consequence, the silent were only ended", () => {
  const ranks = [
    rank(0, { other: { time: 3000, text: ring } }),
    rank(1, { own: { time: 2000, text: "ValueError: late" } }),
    rank(2, { own: { time: 1000, text: trace } }),
    rank(3),
  ];
  const cause = judgeCause(ranks, { named: undefined, missed: [] });
  expect(cause).toMatchObject({ initiating: [2], cascade: [0, 1], teardown: [3] });
  expect(cause.summary).toBe(
    "began with rank 2 on n1, which failed: ValueError: broken on purpose; " +
      "ranks 0–1 failed as a consequence; rank 3 was ended afterwards",
  );
});

it("silence is evidence: a killed rank writes nothing, and comes before what the others wrote later", () => {
  const ranks = [rank(0, { other: { time: 9, text: ring } }), rank(1), rank(2, { own: { time: 10, text: trace } })];
  expect(judgeCause(ranks, { named: 1, missed: [] }).initiating).toEqual([1]);
  const hung = [rank(0, { other: { text: ring } }), rank(1), rank(2, { other: { text: ring } })];
  expect(judgeCause(hung, { named: undefined, missed: [1] })).toMatchObject({ initiating: [1], cascade: [0, 2] });
  expect(judgeCause(hung, { named: undefined, missed: [] }).initiating).toEqual([1]);
  expect(judgeCause([rank(0), rank(1)], { named: undefined, missed: [] }).summary).toContain("no rank wrote");
});

it("codes of the rank that began it come first; EI0002 on the others is only a consequence", () => {
  const ranks = [
    rank(0, { other: { time: 5, text: "EI0002: notify wait timeout" } }),
    rank(1, { own: { time: 9, text: "[ERROR] error code is 507054 HBM" } }),
  ];
  expect(judgeCause(ranks, { named: undefined, missed: [] })).toMatchObject({ initiating: [1], codes: ["507054"] });
});

it.each([
  [trace, "own"],
  [`Traceback (most recent call last):\n  File "x.py", in AllReduce\n${ring}`, "other"],
  ["[ERROR] ME(1,2,main):2026-11-28-22:43:14.900.123 [a.cc:1] f] tensor shapes differ", "own"],
  ["[ERROR] HCCL(1,2,main):2026-11-28-22:43:14.900.123 EI0006: Getting socket times out", "other"],
  ["[WARNING] DISTRIBUTED(1): Retry to reconnect to the meta server", undefined],
  ["2026-11-28 22:43:14,900 - mindformers[x:1] - INFO - loss: 6.2", undefined],
])("a record is an error of its own, one about others, or none: %j", (text, kind) => {
  expect(kindOf(text)).toBe(kind);
});

it("the scheduler's and msrun's words about nodes that timed out name the rank", () => {
  expect(
    timedOutRanks(["x", "Timed out node list is: [const vector]{1, 3}, worker 3 is the first one timed out"]),
  ).toEqual([3]);
  expect(timedOutRanks(["[ERROR] The node: 1 is timed out.", "The node: 2 is timed out."])).toEqual([1]);
});

it("every entry has a source, sentences, and a code of its own; explainError shows it, and names what it knows", () => {
  for (const { code, meaning, cause, remedy, source } of knownErrors) {
    expect(source, code).toMatch(/^https:\/\//);
    for (const text of [meaning, cause, remedy]) expect(text, code).toMatch(/^[A-Z`].{10,}[.N)]$/);
  }
  expect(new Set(knownErrors.map(({ code }) => code)).size).toBe(knownErrors.length);
  const card = explainError("EI0006: Getting socket times out")[displayKey]()["text/plain"];
  expect(card).toContain("HCCL_CONNECT_TIMEOUT");
  expect(card).toContain("hiascend.com");
  expect(() => explainError("E00000")).toThrow(expect.objectContaining({ hint: expect.stringContaining("EI0002") }));
  expect(codesIn("EH9999: runtime result = 507018.")).toEqual(["EH9999", "507018"]);
  expect(explainLines(["error code is 107002"])[0]).toContain("no current context");
});
