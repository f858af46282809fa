import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells } from "../../../support/cells.js";

const assistant = `export const assistant = {
  complete(place) {
    if (place.callee === "slow") return new Promise(() => {});
    if (place.callee === "broken") throw new Error("broken");
    if (place.callee === "paths") return { offers: [{ text: "a template", about: "template" }], files: [".yaml"] };
    if (place.callee === "Kettle.set" && place.index === 1)
      return { offers: [{ text: "hot" }, { text: "true", code: "true", about: "now" }] };
    return { offers: [{ text: JSON.stringify(place) }] };
  },
  inspect: (place) =>
    place.callee === "Kettle.set" ? "**" + place.text + "** of " + place.receiver?.color : undefined,
};`;
const declarations = `export declare function slow(text: string): void;
export declare function broken(text: string): void;
export declare function paths(text: string): void;
export declare function look(options: { at: { place: string }[] }): void;
export declare class Kettle { color: string; set(key: string, value: unknown): this; pour(options: object): void }`;

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
  const manifest = { name: "kitchen", type: "module", main: "./index.js", jupyter: { assistant: "./assist.js" } };
  cells.write("node_modules/kitchen/package.json", JSON.stringify(manifest));
  cells.write("node_modules/kitchen/index.d.ts", declarations);
  cells.write("node_modules/kitchen/assist.js", assistant);
  cells.write(
    "node_modules/kitchen/index.js",
    `export class Kettle { color = 'red'; set() { return this } };
export const slow = 0, broken = 0, paths = 0, look = 0;`,
  );
  for (const file of ["data/a.txt", "data/b b.txt", "data/.hidden", "data/sub/c.txt", "b.yaml", "a.ts"])
    cells.write(file, "");
  await cells.run('import { Kettle } from "kitchen"; const kettle = new Kettle(); const inside = { kettle };');
});
afterAll(() => cells.close());

const all = 'import { broken, look, paths, slow } from "kitchen"; ';
/** Completes at `|`. */
async function complete(text: string) {
  const cursor = text.indexOf("|");
  const code = text.replace("|", "");
  const { start, end, matches } = await cells.complete(code, cursor);
  return { replaced: code.slice(start, end), texts: matches.map((match) => match.text), matches };
}

describe("the assistant of a package", () => {
  it.each([
    ["kettle.set('a|b', 1)", { callee: "Kettle.set", index: 0, keys: [], isKey: false, text: "ab", earlier: [] }],
    ["inside.kettle.set('|", { callee: "Kettle.set", receiver: { color: "red" } }],
    ["kettle.pour({ into: { cup: ['|'] } })", { callee: "Kettle.pour", keys: ["into", "cup"], isKey: false }],
    ["kettle.pour({ into: { '|': 1 } })", { keys: ["into"], isKey: true }],
    [`${all}look({ at: [{ place: "|" }] })`, { callee: "look", keys: ["at", "place"] }],
  ])("is asked about %s, also where nothing has been imported yet", async (code, expected) => {
    expect(JSON.parse((await complete(code)).texts[0] ?? "")).toMatchObject(expected);
  });

  it("gives values without quotes where none are typed, before what the compiler knows", async () => {
    expect((await complete("kettle.set('a', |)")).texts.slice(0, 3)).toEqual(['"hot"', "true", "AbortController"]);
    expect((await complete("kettle.set('a', t|)")).texts[0]).toBe("true");
    expect((await complete("kettle.set('a', '|')")).matches).toEqual([{ text: "hot", kind: "text" }]);
  });

  it("is not waited for when it takes too long, and not heard of when it fails", async () => {
    expect((await complete(`${all}slow("|`)).texts).toEqual([]);
    expect((await complete(`${all}broken("|`)).texts).toEqual([]);
  });

  it("explains an argument; a method's own name is explained by the compiler", async () => {
    expect(await cells.inspect("kettle.set('color', 1)", 15)).toMatchObject({ markdown: "**color** of red" });
    expect((await cells.inspect("kettle.set('color', 1)", 9))?.text).toContain("Kettle.set(key: string");
  });

  it("may offer files beside texts, those with its endings first", async () => {
    expect((await complete(`${all}paths("|")`)).texts).toEqual([
      "a template",
      "b.yaml",
      "data/",
      "node_modules/",
      "a.ts",
    ]);
    expect(await complete(`${all}paths("data/a|")`)).toMatchObject({ replaced: "a", texts: ["a.txt"] });
  });
});

describe("names of files", () => {
  it.each([
    [
      "an argument called path",
      'import { readFileSync } from "node:fs"; readFileSync("|")',
      "",
      ["a.ts", "b.yaml", "data/"],
    ],
    ["a text that begins like a path", 'const x = "./da|ta/a.txt"', "data", ["data/"]],
    ["the rest of a path", 'const x = "data/|', "", ["a.txt", "b b.txt", "sub/"]],
    ["files that begin with a dot, once it is typed", 'const x = "./data/.|', ".", [".hidden"]],
    [
      "an option called cwd",
      'import { execSync } from "node:child_process"; execSync("ls", { cwd: "da|" })',
      "da",
      ["data/"],
    ],
  ])("continue %s", async (_, code, replaced, expected) => {
    const found = await complete(code);
    expect(found.texts.filter((name) => name !== "node_modules/")).toEqual(expected);
    expect(found.replaced).toBe(replaced);
  });

  it.each(['console.log("|")', 'const url = "https://|"', 'const text = "and/or |"'])(
    "are not offered in %s",
    async (code) => {
      expect((await complete(code)).texts).toEqual([]);
    },
  );
});

it("offers the functions of a module before its types, and says what each is", async () => {
  cells.write(
    "mixed.ts",
    "export interface Aa {} export type Ab = 1; export class Ac {} export const ad = 1; export function zz() {}",
  );
  const { matches } = await complete('import { | } from "./mixed"');
  expect(matches.slice(0, 5)).toEqual([
    { text: "zz", kind: "function" },
    { text: "Ac", kind: "class" },
    { text: "ad", kind: "const" },
    { text: "Aa", kind: "interface" },
    { text: "Ab", kind: "type" },
  ]);
});
