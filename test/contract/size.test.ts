import { dirname } from "node:path";
import { expect, it } from "vitest";
import { sourcesIn } from "./sources.js";

const sources = [...sourcesIn("kernel"), ...sourcesIn("src")];

it("no source file is longer than 300 lines", () => {
  const long = sources
    .map(({ path, text }) => `${path}: ${text.split("\n").length - 1}`)
    .filter((line) => Number(line.split(": ")[1]) > 300);
  expect(long).toEqual([]);
});

it("at least two thirds of the source files stay under 120 lines", () => {
  const short = sources.filter(({ text }) => text.split("\n").length <= 120).length;
  expect(short / sources.length).toBeGreaterThan(2 / 3);
});

it("no folder holds more than 15 code files itself", () => {
  const counts = new Map<string, number>();
  for (const { path } of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  const full = [...counts].filter(([, count]) => count > 15).map(([folder, count]) => `${folder}: ${count}`);
  expect(full, "give the files of one concern a folder below, which imports nothing of the folder above").toEqual([]);
});

it("no file is a drawer for anything: utils, helpers, types, misc, common", () => {
  expect(
    sources.map(({ path }) => path).filter((path) => /\/(utils?|helpers?|types|misc|common)\.ts$/.test(path)),
  ).toEqual([]);
});

it("no default exports, no export *, no enums, no top-level await", () => {
  const banned = /^(export default|export \*|(export )?(const )?enum |await )/m;
  expect(sources.filter(({ text }) => banned.test(text)).map(({ path }) => path)).toEqual([]);
});

it("no function takes more than three positional parameters", () => {
  const offenders = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/\bfunction\s+(\w+)(?:<[^(]*>)?\(([^)]*)\)/g)]
      .filter(
        (match) => (match[2] as string).split(/,(?![^<{[]*[>}\]])/).filter((part) => part.trim() !== "").length > 3,
      )
      .map((match) => `${path}: ${match[1]}(${match[2]})`),
  );
  expect(offenders).toEqual([]);
});

it("no machine paths and no registry host names in sources and documents", () => {
  const leak = /(?<![\w.])\/(?:root|home|work|tmp\/lab)\/|registry\.npmjs|pypi\.org|files\.pythonhosted/;
  const folders = ["kernel", "src", "extensions", "notebooks", "test", ".github"];
  const texts = folders.flatMap((folder) => sourcesIn(folder, /\.(?:ts|mjs|cjs|py|md|ya?ml|ipynb)$/));
  const own = "test/contract/size.test.ts";
  const leaks = texts.filter(({ path, text }) => path !== own && leak.test(text)).map(({ path }) => path);
  expect(leaks).toEqual([]);
  expect(texts.filter(({ path }) => path.endsWith(".md")).length).toBeGreaterThan(20);
  expect(leak.test("see /home/me/x")).toBe(true);
});
