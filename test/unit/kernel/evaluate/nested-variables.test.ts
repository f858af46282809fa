import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

const text = (code: string) => shownText(cells, code);

describe("a `var` in a block or a loop of a cell is the cell's variable", () => {
  it.each([
    [
      "a loop that declared a variable of its cell again ran no turn",
      "var w: any = [1]\nfor (var w: any = 0; w < 2; w++) ;\nw",
      "2",
    ],
    [
      "with a pattern and a type",
      "{ var { a, b: [c = 4], ...rest }: any = { a: 1, b: [], d: 2 }, n: number }\n[a, c, rest, n!]",
      "[ 1, 4, { d: 2 }, undefined ]",
    ],
    ["in the head of for-of and for-in", "for (var k in { p: 1 });\nfor (var x of [1, 2]);\n;[k, x]", "[ 'p', 2 ]"],
    [
      "behind an await and in a branch that does not run",
      "if (true) var y = await Promise.resolve(5)\nelse var z = 3\n;[y, z]",
      "[ 5, undefined ]",
    ],
    [
      "in try, catch, and switch",
      "try { var t = 1\nthrow 1 } catch { var t = 2 }\nswitch (t) { case 2: var sw = t }\nsw",
      "2",
    ],
    ["behind a line without a semicolon", "let p = 1\n{ p\nvar q = p\n}\nq", "1"],
    ["whose name the kernel uses itself", "for (var exports = 0; exports < 3; exports++) ;\nexports", "3"],
    [
      "not in functions and static blocks",
      "class S { static { var own = 1 } }\nfunction f() { for (var i = 0; i < 1; i++); return i }\n[f(), typeof own]",
      "[ 1, 'undefined' ]",
    ],
  ])("%s", async (_, code, shown) => {
    expect(await text(code.startsWith("class S") ? `// @ts-nocheck\n${code}` : code)).toBe(shown);
  });

  it("later cells know it with its type, and functions see what they assign", async () => {
    await text("for (var v = 0; v < 3; v++) {}\nvar seen = () => v");
    expect(await text("v += 10; [seen(), v.toFixed(1)]")).toBe("[ 13, '13.0' ]");
    expect((await cells.run("v = 'text'")).failure?.traceback.join("\n")).toContain(
      "Type 'string' is not assignable to type 'number'",
    );
  });
});

it.each([
  ["(Array.prototype as any).map = null", "Array.prototype.map"],
  ["delete (Map.prototype as any).get", "Map.prototype.get"],
  ["(JSON as any).stringify = 1", "JSON.stringify"],
  ["(globalThis as any).Promise = null", "globalThis.Promise"],
])("%s in a cell ended all later cells", async (code, name) => {
  const run = await cells.run(`${code}; 1`);
  expect([run.text, run.stream("stderr")]).toEqual(["1", expect.stringContaining(`removed ${name}`)]);
  const next = await cells.run("[3, 1].map((each) => each + 1)");
  expect([next.text, next.stream("stderr")]).toEqual(["[ 4, 2 ]", ""]);
});

it("a built-in function that a cell replaces by its own stays", async () => {
  await cells.run("(Array.prototype as any).findLast = () => 7;");
  expect((await cells.run("[1].findLast(() => true)")).text).toBe("7");
});
