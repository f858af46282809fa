import { expect, it } from "vitest";
import { crowdedCalls, fixedSleeps, longLines, weakTests } from "./habits.js";
import { type Source, sourcesIn } from "./sources.js";

/**
 * Fixed sleeps that a folder of tests may still have. The numbers only get smaller.
 * test/wire: a kernel must still live half a second after its start.
 */
const sleepsLeft: Readonly<Record<string, number>> = { "test/wire": 1 };

/** READMEs that are longer than a page: the root's is the tour of the whole project. */
const longReadmes = ["README.md"];

const code = ["kernel", "src", "test", "extensions"].flatMap((folder) => sourcesIn(folder, /\.(?:ts|mjs|cjs)$/));
const tests = sourcesIn("test");
const roomOf = (place: string): string => place.split("/").slice(0, 2).join("/").replace(/:\d+$/, "");

/** Rooms that have more of something than they may, with the places. */
function beyond(places: readonly string[], allowed: Readonly<Record<string, number>>): string[] {
  const rooms = [...new Set(places.map(roomOf))];
  return rooms
    .map((room) => [room, places.filter((place) => roomOf(place) === room)] as const)
    .flatMap(([room, found]) =>
      found.length > (allowed[room] ?? 0)
        ? [`${room}: ${found.length} instead of at most ${allowed[room] ?? 0}, such as ${found.slice(-5).join(", ")}`]
        : [],
    );
}

it("no line of code is longer than 120 characters, titles of tests aside", () => {
  expect(code.flatMap(longLines), "split it where a reader would pause").toEqual([]);
});

it("no function, method, or constructor takes more than three positional parameters", () => {
  const own = [...sourcesIn("kernel"), ...sourcesIn("src")];
  expect(own.flatMap(crowdedCalls), "hand the values over as one object").toEqual([]);
});

it("no test is retried, skipped, or expected to fail", () => {
  expect(tests.flatMap(weakTests), "mend the cause, or move the promise to the bench").toEqual([]);
});

it("no test sleeps for a fixed time where it can await an event", () => {
  expect(beyond(tests.flatMap(fixedSleeps), sleepsLeft), "await the event, or ask for it in a loop").toEqual([]);
});

const readmes = ["kernel", "src", "test", "extensions", "notebooks"]
  .flatMap((folder) => sourcesIn(folder, /(?:^|\/)README\.md$/))
  .filter(({ path }) => !longReadmes.includes(path));

it("every README of a folder has at most 80 lines and 8 KB", () => {
  const long = readmes.filter(({ text }) => text.trimEnd().split("\n").length > 80 || Buffer.byteLength(text) > 8192);
  expect(
    long.map(({ path }) => path),
    "move decisions to DECISIONS.md and measurements to MEASURED.md",
  ).toEqual([]);
});

it("every TypeScript file that a README names exists, so that walks through the code lead somewhere", () => {
  const known = ["kernel", "src", "test"].flatMap((folder) => sourcesIn(folder)).map(({ path }) => `/${path}`);
  const gone = readmes.flatMap(({ path, text }) =>
    [...text.matchAll(/`([\w./-]+\.ts)`/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !known.some((file) => file.endsWith(`/${name}`)))
      .map((name) => `${path}: ${name}`),
  );
  expect(gone, "name the file that does it now").toEqual([]);
});

const source = (text: string): Source => ({ path: "test/unit/example.test.ts", text });

it("finds each habit that it forbids", () => {
  expect(longLines(source(`// ${"x".repeat(120)}`))).toHaveLength(1);
  expect(crowdedCalls(source("class A { join(a: 1, b: 2, c: 3, d: 4) {} }"))).toHaveLength(1);
  expect(crowdedCalls(source("const f = (a: 1, b: 2, c: 3, d: 4) => a;"))).toHaveLength(1);
  expect(crowdedCalls(source("function f(this: 0, a: 1, b: 2, c: 3) {}"))).toEqual([]);
  expect(weakTests(source('it.skip("later", () => {}); it("again", { retry: 2 }, () => {});'))).toHaveLength(2);
  expect(fixedSleeps(source("await new Promise((done) => setTimeout(done, 500));"))).toHaveLength(1);
  const imported = 'import { setTimeout as wait } from "node:timers/promises";\nawait wait(500);';
  expect(fixedSleeps(source(imported))).toHaveLength(1);
  expect(fixedSleeps(source("while (busy()) await new Promise((done) => setTimeout(done, 5));"))).toEqual([]);
  expect(fixedSleeps(source('cells.run("await new Promise((done) => setTimeout(done, 5))")'))).toEqual([]);
});
