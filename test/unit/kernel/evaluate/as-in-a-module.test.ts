import { deepStrictEqual } from "node:assert";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

const text = (code: string) => shownText(cells, code);

describe("nothing of the kernel's is seen on the user's objects", () => {
  it.each([
    ["a promise", "Promise.resolve(1)", "Promise { 1 }"],
    ["a promise inside of an object", "({ a: [Promise.resolve(2)] })", "{ a: [ Promise { 2 } ] }"],
    ["the promise of an async function", "(async () => 3)()", "Promise { 3 }"],
    ["a promise that waits", "new Promise(() => {})", "Promise { <pending> }"],
  ])("printing %s showed session and message ids", async (_, value, shown) => {
    const run = await cells.run(`console.log(${value})`);
    expect(run.stream("stdout")).toBe(`${shown}\n`);
  });

  it("a timer has no more properties than Node gives it", async () => {
    expect(await text("setTimeout(() => {}, 1)")).not.toMatch(/kResourceStore|msg_id/);
  });

  it("promises are as equal to node:assert as in plain Node, and have no keys", async () => {
    // Node 24 compares them by reference.
    let plain = "equal";
    try {
      deepStrictEqual(Promise.resolve(1), Promise.resolve(1));
    } catch {
      plain = "different";
    }
    const equal = 'require("node:assert").deepStrictEqual(Promise.resolve(1), Promise.resolve(1))';
    expect(await text(`let found = "equal"; try { ${equal} } catch { found = "different" }; found`)).toBe(`'${plain}'`);
    expect(await text("Reflect.ownKeys(Promise.resolve(1))")).toBe("[]");
  });

  it("output after an await, in a timer and of a rejected promise still belongs to its cell", async () => {
    const run = await cells.run(
      "setTimeout(() => console.log('timer'), 1); " +
        "await 0; console.log('await'); void Promise.reject(new Error('lost'));",
    );
    await cells.run("await new Promise((resolve) => setTimeout(resolve, 50))");
    expect(run.stream("stdout")).toBe("await\ntimer\n");
    expect(run.stream("stderr")).toContain("lost");
  });
});

describe("`this` in a plain call of a function from an earlier cell", () => {
  beforeAll(async () => {
    await text("function who() { return this }; let late = function () { return this };");
    await text("const tag = function (parts) { return [this, parts[0]] }; class Kind { a = 1 }; const box = { who };");
  });

  it.each([
    ["who()", "undefined"],
    ["who?.()", "undefined"],
    ["(who)()", "undefined"],
    ["who!()", "undefined"],
    ["(who as any)()", "undefined"],
    ["late()", "undefined"],
    ["tag`x`", "[ undefined, 'x' ]"],
    ["new Kind()", "Kind { a: 1 }"],
    ["who.call(3)", "3"],
    ["box.who() === box", "true"],
    ["[0].map(who)", "[ undefined ]"],
  ])("%s is what it is in a module: it was the object of all variables", async (call, shown) => {
    expect(await text(`[${call}]`)).toBe(`[ ${shown} ]`);
  });

  it.each([
    "const a = 1\nwho()\nwho()",
    "if (true) who()\nelse who()",
    "for (const a of [1]) who()",
    "who(); { who()\nwho() }\nwho()",
    "label: who()\nwho()",
    "switch (1) { case 1: who()\nwho() }",
    "const f = () => who()\nf()\nwho()",
  ])("calls at the beginning of a line stay statements of their own: %j", async (code) => {
    expect((await cells.run(code)).failure?.evalue).toBeUndefined();
  });

  it("what is no function is named as typed", async () => {
    await text("const notCallable: any = 1");
    expect((await cells.run("notCallable()")).failure?.evalue).toBe("notCallable is not a function");
  });
});

describe("the last value", () => {
  it.each([
    ["null", "null"],
    ["/a/.exec('b')", "null"],
    ["1, 2", "2"],
    ["'a' ? 1 : 2", "1"],
    ["null ?? 3", "3"],
    ["unused: for (;;) break; 4", "4"],
    ["(() => { return 5; return 6 })()", "5"],
  ])("of %s is %s: nothing was shown, or the cell was refused for its style", async (code, shown) => {
    expect(await text(code)).toBe(shown);
  });
});

describe("a namespace", () => {
  it("of several cells is one, in types and values: the second one replaced the first", async () => {
    await text("namespace Geo { export const a = 1; export interface Point { x: number } }");
    expect(await text("namespace Geo { export const b = 2 } [Geo.a, Geo.b]")).toBe("[ 1, 2 ]");
    expect(await text("const p: Geo.Point = { x: Geo.b }; [p, Geo]")).toBe("[ { x: 2 }, { a: 1, b: 2 } ]");
  });

  it("that is run again has the newer member, and keeps those of other cells", async () => {
    await text("namespace Geo { export const a = 'one' }");
    expect(await text("Geo.a.length + Geo.b")).toBe("5");
  });

  it("takes the place of something else of that name", async () => {
    await text("const Other = 1");
    expect(await text("namespace Other { export const a = 1 } Other")).toBe("{ a: 1 }");
  });
});

describe("imports", () => {
  it("see what their module assigns later: a live binding was stale in the next cell", async () => {
    cells.write("counter.ts", "export let counter = 0; export function inc() { counter += 1; }");
    expect(await text('import { counter, inc } from "./counter"; inc(); counter')).toBe("1");
    expect(await text("inc(); inc(); counter")).toBe("3");
    expect(await text("const counter = 'own'; inc(); counter")).toBe("'own'");
  });

  it("of a package that throws while it loads run it once per import, and name the cell: it ran twice", async () => {
    cells.write(
      "node_modules/bad/index.js",
      "globalThis.loads = (globalThis.loads ?? 0) + 1; throw new Error('bad package');",
    );
    cells.write("node_modules/bad/package.json", '{"name":"bad","version":"1.0.0","types":"index.d.ts"}');
    cells.write("node_modules/bad/index.d.ts", "export const a: number;");
    for (const loads of [1, 2]) {
      const { failure } = await cells.run('import { a } from "bad"; a');
      expect(failure?.evalue).toBe("bad package");
      expect(failure?.traceback.join("\n")).toMatch(/Cell \[\d+\], line 1/);
      expect(await text('globalThis["loads"]')).toBe(String(loads));
    }
  });

  it("follow process.chdir, and earlier imports keep their types", async () => {
    cells.write("local.ts", "export const place = 'top';");
    cells.write("sub/local.ts", "export const place = 'sub';");
    await text('import { place } from "./local"; process.chdir("sub")');
    const dynamic = '(await import("./local")).place';
    const shown = await text(
      `import { place as there } from "./local"; [there, place, ${dynamic}, import.meta.dirname === process.cwd()]`,
    );
    expect(shown).toBe("[ 'sub', 'top', 'sub', true ]");
    expect((await cells.run("place.missing")).failure?.evalue).toContain("does not exist on type");
    await text('process.chdir("..")');
    expect(await text('import { place as again } from "./local"; again')).toBe("'top'");
  });

  it("may go to a folder and come back: cells got the errors of others", async () => {
    await text('process.chdir("sub")');
    expect((await cells.run("missingName")).status).toBe("error");
    await text('process.chdir("..")');
    for (let times = 0; times < 8; times++) expect(await text("1 + 1")).toBe("2");
  });

  it("of a module for its side effects keep what it adds to types: later cells were refused", async () => {
    cells.write("extend.ts", "declare global { interface Array<T> { added: number } } export {};");
    await text('import "./extend"');
    expect(await text("[1].added")).toBeUndefined();
  });

  it("find what NODE_PATH names, as `require` does", async () => {
    const folder = `${cells.folder}/elsewhere`;
    cells.write("elsewhere/apart/package.json", '{ "name": "apart", "type": "module", "exports": "./index.js" }');
    cells.write("elsewhere/apart/index.js", "export const apart = await 8;");
    await text(`process.env.NODE_PATH = ${JSON.stringify(folder)}; require("node:module")._initPaths()`);
    expect(await text('(await import("apart" as string)).apart')).toBe("8");
  });
});

it("`export import` names a namespace: valid cells were refused", async () => {
  expect(
    await text("namespace Far { export namespace Off { export const n = 4 } }\nexport import Off = Far.Off; Off.n"),
  ).toBe("4");
  expect(await text("Off.n")).toBe("4");
});

describe("what Node has", () => {
  it("every global has a type: Crypto, CryptoKey, SubtleCrypto, and Performance were unknown", async () => {
    const names = await text(
      "Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z][A-Za-z]+$/.test(name)).join()",
    );
    const all =
      names
        ?.slice(1, -1)
        .split(",")
        .map((name) => `typeof ${name}`) ?? [];
    expect(all.length).toBeGreaterThan(80);
    expect((await cells.run(all.join())).failure?.evalue).toBeUndefined();
  });

  it("WebAssembly has types and works: it was unknown", async () => {
    const bytes = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])";
    expect(await text(`const made = await WebAssembly.instantiate(${bytes}); made.instance.exports`)).toContain("{}");
  });

  it("a thread of a TypeScript file runs where Node takes types away, else is refused with the way out", async () => {
    cells.write("thread.ts", "export {}");
    const code = `import { Worker } from "node:worker_threads";
      await new Promise((done, failed) => new Worker("./thread.ts").once("error", failed).once("exit", done))`;
    const { failure, text: exit } = await cells.run(code);
    const runs = "typescript" in process.features && process.features.typescript !== false;
    if (runs) expect(exit).toBe("0");
    else expect(failure?.evalue).toContain("new Worker(text, { eval: true })");
  });
});
