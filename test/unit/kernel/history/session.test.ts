import { expect, it } from "vitest";
import { Session } from "../../../../kernel/history/session.js";

const tail = {
  output: false,
  access: "tail",
  session: 0,
  start: 0,
  stop: undefined,
  pattern: "*",
  unique: false,
} as const;

function session(...codes: string[]): Session {
  const made = new Session();
  for (const [index, code] of codes.entries()) made.store(code, `id${index}`);
  return made;
}

it("numbers cells from 1", () => {
  expect(new Session().executionCount).toBe(0);
  expect(session("a", "b").executionCount).toBe(2);
});

it("tail: the last n, all without n, none for 0", () => {
  const made = session("a", "b", "c");
  const lines = (limit: number | undefined) => made.history({ ...tail, limit }).map(([, line]) => line);
  expect(lines(2)).toEqual([2, 3]);
  expect(lines(undefined)).toEqual([1, 2, 3]);
  expect(lines(0)).toEqual([]);
});

it("range: from start up to but without stop, of this session only", () => {
  const range = { ...tail, access: "range", limit: undefined } as const;
  const made = session("a", "b", "c");
  expect(made.history({ ...range, start: 2, stop: 3 })).toEqual([[1, 2, "b"]]);
  expect(made.history({ ...range, start: 2, session: 1 })).toHaveLength(2);
  expect(made.history({ ...range, session: -1 })).toEqual([]);
});

it("search: * and ? over the whole cell, other characters as they are, also across lines", () => {
  const search = { ...tail, access: "search", limit: undefined } as const;
  const made = session("a.b", "axb", "a\nb", "🦜");
  const found = (pattern: string) => made.history({ ...search, pattern }).map(([, line]) => line);
  expect(found("a.b")).toEqual([1]);
  expect(found("a?b")).toEqual([1, 2, 3]);
  expect(found("a*")).toEqual([1, 2, 3]);
  expect(found("?")).toEqual([4]);
  expect(found("(")).toEqual([]);
});

it("search of many stars over a long cell does not take for ever", () => {
  const made = session("a".repeat(20_000));
  const query = { ...tail, access: "search", limit: undefined, pattern: `${"*a".repeat(3)}*b` } as const;
  const start = performance.now();
  expect(made.history(query)).toEqual([]);
  expect(performance.now() - start).toBeLessThan(2000);
});

it("unique keeps the latest of several equal cells", () => {
  const query = { ...tail, access: "search", limit: undefined, unique: true } as const;
  expect(session("a", "b", "a").history(query)).toEqual([
    [1, 2, "b"],
    [1, 3, "a"],
  ]);
});

it("results are kept with their cell and given when asked for", () => {
  const made = session("a", "b");
  made.storeOutput("id0", "1");
  made.storeOutput("nobody", "2");
  expect(made.history({ ...tail, limit: undefined, output: true })).toEqual([
    [1, 1, ["a", "1"]],
    [1, 2, ["b", null]],
  ]);
});
