import { expect, it } from "vitest";
import { importsOf, type Source, sourcesIn } from "./sources.js";

// Imports point left only. A room may import from rooms before it in this list, and from itself.
const rooms = [
  "core",
  "formats",
  "view",
  "model",
  "config",
  "data",
  "plan",
  "recover",
  "checkpoint",
  "run",
  "on-demand",
  "assist",
];
const roomOf = (path: string) => (path === "src/index.ts" ? rooms.length : rooms.indexOf(path.split("/")[1] as string));
const contract = "src/view/display-contract.ts";

function offenders(folder: string, forbidden: (path: string, target: string, typeOnly: boolean) => boolean): string[] {
  return sourcesIn(folder).flatMap((source) =>
    importsOf(source)
      .filter(({ target, typeOnly }) => forbidden(source.path, target, typeOnly))
      .map(({ target }) => `${source.path} imports ${target}`),
  );
}

it("the library never imports the kernel", () => {
  expect(offenders("src", (_, target) => target.startsWith("kernel/"))).toEqual([]);
});

it("the kernel imports nothing of the library but the types of the display contract", () => {
  const forbidden = (_: string, target: string, typeOnly: boolean) =>
    target.startsWith("src/") && !(target === contract && typeOnly);
  expect(offenders("kernel", forbidden)).toEqual([]);
});

it("imports inside the library point left, in the order of the rooms", () => {
  for (const { path } of sourcesIn("src")) expect(roomOf(path), `room of ${path}`).toBeGreaterThanOrEqual(0);
  expect(offenders("src", (path, target) => roomOf(target) > roomOf(path))).toEqual([]);
});

it("importing the library loads no code of checkpoints and launches, which on-demand/ loads at the first call", () => {
  const sources = new Map(sourcesIn("src").map((source) => [source.path, source]));
  const loaded = new Set(["src/index.ts"]);
  for (const path of loaded)
    for (const { target, typeOnly, dynamic } of importsOf(sources.get(path) as Source))
      if (!typeOnly && !dynamic) loaded.add(target);
  const rooms = /^src\/(?:assist|checkpoint|recover|run\/(?:attach|heal|launch|logs|nodes|supervise))\//;
  expect([...loaded].filter((path) => rooms.test(path))).toEqual([]);
  expect(loaded.size).toBeLessThan(400);
});

it("only the adapter touches tslab", () => {
  const touching = [...sourcesIn("kernel"), ...sourcesIn("src")]
    .filter(({ text }) => /["']@?tslab\//.test(text))
    .map(({ path }) => path);
  expect(touching).toEqual(["kernel/evaluate/tslab/evaluator.ts"]);
});

it("only core/process.ts starts other processes", () => {
  const starting = sourcesIn("src")
    .filter(({ text }) => /node:child_process/.test(text))
    .map(({ path }) => path);
  expect(starting).toEqual(["src/core/process.ts"]);
});

it("the kernel reads the time from core/clock.ts, because the first use of performance delays its start", () => {
  const using = sourcesIn("kernel")
    .filter(({ path, text }) => path !== "kernel/core/clock.ts" && /\bperformance\.|perf_hooks/.test(text))
    .map(({ path }) => path);
  expect(using).toEqual([]);
});
