import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
  await cells.run(
    "interface Trainer { /** Learning rate. */ rate: number; steps: number }\n" +
      "const trainer: Trainer = { rate: 0.1, steps: 3 };",
  );
  await cells.run(
    "/** Doubles.\n * @param x what to double\n" +
      " * @returns twice as much */\nfunction twice(x: number) { return 2 * x }",
  );
});
afterAll(() => cells.close());

describe("completion", () => {
  it.each([
    ["members of a variable of an earlier cell", "trainer.", ["rate", "steps"]],
    ["members that begin as typed", "Math.flo", ["floor"]],
    ["names of earlier cells", "tra", ["trainer"]],
    ["keys of an object literal by its type", "const t2: Trainer = { ra", ["rate"]],
    ["members in the middle of unfinished code", "for (const x of [1]) { trainer.st", ["steps"]],
    ["members after await", "await Promise.al", ["all", "allSettled"]],
  ])("gives %s", async (_, code, expected) => {
    const names = (await cells.complete(code)).matches.map(({ text }) => text);
    expect(names.slice(0, 8)).toEqual(expect.arrayContaining(expected));
  });

  it("replaces exactly the name at the cursor, and leaves what comes after", async () => {
    expect(await cells.complete("trainer.ra + 1", 10)).toMatchObject({
      start: 8,
      end: 10,
      matches: [{ text: "rate", kind: "property" }, ...(await cells.complete("trainer.ra + 1", 10)).matches.slice(1)],
    });
  });

  it.each([
    ["in a closed string", "colour = 'light.b'", 16, "light.blue"],
    ["in an open string, whatever follows", "pick('dark.; 1 + 1", 11, "dark.red"],
  ])("replaces the whole text %s whose type has known texts", async (_, code, cursor, expected) => {
    await cells.run(
      'let colour: "light.blue" | "dark.red" | (string & {}) = "";\nfunction pick(name: typeof colour) {}',
    );
    const { start, end, matches } = await cells.complete(code, cursor);
    expect([start, matches.map(({ text }) => text)]).toEqual([code.indexOf("'") + 1, [expected]]);
    expect(end).toBe(code.endsWith("'") ? code.length - 1 : cursor);
  });

  it.each([
    ["a module of Node's", `import x from "node:fs/pr"`, `"node:fs/`, ["promises"]],
    ["a module of Node's, with its scheme", `import x from "node:os"`, `"`, ["node:os"]],
    ["a package, with its scope", `import x from "@some-scope/the-p"`, `"@some-scope/`, ["the-package"]],
    ["a package with a hyphen", `await import("the-hy`, `"`, ["the-hyphen"]],
    ["a file", `import { a } from "./the-f`, `"./`, ["the-file"]],
  ])("replaces the whole name of %s, not only its last word", async (_, code, before, expected) => {
    cells.write("node_modules/@some-scope/the-package/index.js", "");
    cells.write("node_modules/the-hyphen/index.js", "");
    cells.write("the-file.ts", "export const a = 1;");
    const cursor = code.endsWith('"') ? code.length - 1 : code.length;
    const { start, end, matches } = await cells.complete(code, cursor);
    expect([start, end]).toEqual([code.indexOf(before) + before.length, cursor]);
    expect(matches.map(({ text }) => text)).toEqual(expected);
  });

  it.each([
    ["the result of JSON.parse", "parsed.", ["rows", "count"]],
    ["an element of it", "parsed.rows[0].na", ["name"]],
    ["it, where a template is being typed", "`$" + "{parsed?.co", ["count"]],
    ["an instance of a class", "hidden.", ["x", "run"]],
    ["a text", "untyped.toUpperC", ["toUpperCase"]],
    ["process.env", "process.env.PAT", ["PATH"]],
    ["an array of records, but not its numbers", "parsed.rows.fla", ["flat", "flatMap"]],
  ])("gives members of a value that is there where the type knows none: %s", async (_, code, expected) => {
    await cells.run(`const parsed = JSON.parse('{"rows":[{"name":"a"}],"count":1,"odd key":2}');
      class Hid { x = 1; run() {} }
      const hidden: any = new Hid(); const untyped: any = "text";`);
    expect((await cells.complete(code)).matches.map(({ text }) => text)).toEqual(expected);
  });

  it.each([
    ["a comment", "// anything."],
    ["a comment behind code", "const n = 1 // anything."],
    ["a comment of several lines", "/* a\nanything. */", 13],
    ["a comment that is being typed", "/* anything."],
    ["a string", "'see anything.'", 14],
    ["a string that is being typed", '"see anything.'],
    ["the text of a template", "`see anything.$" + "{1}`", 14],
    ["a regular expression", "/anything./", 10],
  ])("offers nothing in %s, even with a value of that name", async (_, code, cursor = code.length) => {
    await cells.run("const anything: any = { secret: 1 };");
    expect((await cells.complete(code, cursor)).matches).toEqual([]);
    expect((await cells.complete("`$" + "{anything.")).matches).toEqual([{ text: "secret", kind: "property" }]);
  });

  it("runs nothing of the user's for that: no getter, no trap", async () => {
    const run = await cells.run(`const got: any = { get a() { console.log("ran"); return { b: 1 } } };
      const trapped: any = new Proxy({}, {
        ownKeys() { console.log("ran"); return [] },
        getPrototypeOf() { console.log("ran"); return null },
      });`);
    expect((await cells.complete("got.a.")).matches).toEqual([]);
    expect((await cells.complete("trapped.")).matches).toEqual([]);
    expect((await cells.complete("got.")).matches).toEqual([{ text: "a", kind: "property" }]);
    expect(run.stream("stdout")).toBe("");
  });

  it("hides the names that only exist because of how cells run", async () => {
    const names = (await cells.complete("")).matches.map(({ text }) => text);
    expect(names.filter((name) => /tslab|cellGuard|tsLastExpr/.test(name))).toEqual([]);
    expect(names).toContain("trainer");
  });

  it("changes nothing: the code is not run and not remembered", async () => {
    await cells.complete("const ghost = 1; gho");
    expect((await cells.run("ghost")).failure?.evalue).toContain("Cannot find name 'ghost'");
  });
});

describe("inspection", () => {
  it.each([
    ["at a name", "twice(1)", 2],
    ["right behind a name", "twice", 5],
    ["inside the arguments", "twice(1 + 1)", 10],
    ["behind the opening parenthesis", "twice(", 6],
  ])("tells signature and documentation %s", async (_, code, cursor) => {
    const found = await cells.inspect(code, cursor);
    expect(found?.text).toContain("function twice(x: number): number");
    expect(found?.text).toContain("Doubles.");
    expect(found?.markdown).toContain("```typescript\nfunction twice(x: number): number\n```");
  });

  it("adds what is returned at detail 1", async () => {
    expect((await cells.inspect("twice", 5, 0))?.text).not.toContain("@returns");
    expect((await cells.inspect("twice", 5, 1))?.text).toContain("@returns twice as much");
  });

  it("finds a type by its name alone, as one asks for it in a notebook", async () => {
    expect((await cells.inspect("Trainer"))?.text).toBe("interface Trainer");
    expect((await cells.inspect("Partial"))?.text).toMatch(/^type Partial<T> = /);
  });

  it.each(["nobody", "trainer.nobody", "5", "nobody(", "'some text'"])(
    "finds nothing in `%s`: it was any",
    async (code) => {
      expect(await cells.inspect(code)).toBeUndefined();
    },
  );

  it("finds nothing where nothing is", async () => {
    expect(await cells.inspect("   ", 1)).toBeUndefined();
    expect(await cells.inspect("", 0)).toBeUndefined();
  });
});

it.each([
  ["1 + 1", { status: "complete" }],
  ["", { status: "complete" }],
  ["await Promise.resolve(1)", { status: "complete" }],
  ["for await (const x of y) {}", { status: "complete" }],
  ["for (const x of y) {", { status: "incomplete", indent: "  " }],
  ["  if (x) {", { status: "incomplete", indent: "    " }],
  ["f(1,", { status: "incomplete", indent: "" }],
  ["`text", { status: "incomplete", indent: "" }],
  ["/* comment", { status: "incomplete", indent: "" }],
  ["const x =", { status: "incomplete", indent: "" }],
  ["'text", { status: "invalid" }],
  ["a b )", { status: "invalid" }],
  ["const 1 = 2", { status: "invalid" }],
  ["}", { status: "invalid" }],
])("isComplete(%j) is %j", async (code, expected) => {
  expect(await cells.isComplete(code)).toEqual(expected);
});
