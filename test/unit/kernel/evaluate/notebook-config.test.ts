import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Cells, openCells } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
  const { write } = cells;
  write("lib/one.ts", 'import { two } from "@lib/two"; export enum Kind { A = 4 } export const one = two - 1;');
  write("lib/two.ts", "export const two: number = 2;");
  write("lib/plain.js", "module.exports = { plain: 3 };");
  write("lib/data.json", '{ "a": 7 }');
  write("view.tsx", 'export const view = () => <b id="x">hi</b>;');
  write("node_modules/mini/package.json", '{ "name": "mini", "exports": { "./jsx-runtime": "./runtime.js" } }');
  write("node_modules/mini/runtime.js", "exports.jsx = exports.jsxs = (type, { children }) => [type, children];");
  const linked = join(cells.folder, "..", "linked");
  write(join("..", "linked", "package.json"), '{ "name": "linked", "type": "module", "exports": "./src/index.ts" }');
  write(join("..", "linked", "src", "index.ts"), 'export enum Color { Red = 5 } export { deep } from "./deep.ts";');
  write(join("..", "linked", "src", "deep.ts"), "namespace Deep { export const n = 6 } export const deep = Deep.n;");
  mkdirSync(join(cells.folder, "node_modules"), { recursive: true });
  symlinkSync(linked, join(cells.folder, "node_modules", "linked"));
});
afterAll(() => cells.close());
beforeEach(() => rmSync(join(cells.folder, "tsconfig.json"), { force: true }));

function configure(compilerOptions: object, more: object = {}): void {
  cells.write("tsconfig.json", JSON.stringify({ ...more, compilerOptions }));
}

/** What the last expression of a cell is shown as; throws what the cell threw. */
async function lastOf(code: string): Promise<string | undefined> {
  const { failure, text } = await cells.run(code);
  if (failure !== undefined) throw new Error(failure.traceback.join("\n"));
  return text;
}

it("decorators of the old kind could not be switched on: experimentalDecorators and emitDecoratorMetadata", async () => {
  const code = `const seen: unknown[] = [];
    (Reflect as any).metadata = (key: string, type: unknown) => () => void seen.push([key, type]);
    const note = (target: object, name: string) => void seen.push([typeof target, name]);
    class User { @note mail: string = "" }
    seen`;
  expect((await cells.run(code)).failure?.evalue).toContain("Unable to resolve signature of property decorator");
  configure({ experimentalDecorators: true, emitDecoratorMetadata: true });
  expect(await lastOf(code)).toBe("[ [ 'design:type', [Function: String] ], [ 'object', 'mail' ] ]");
  expect(await lastOf("class Later { @note age: number } seen.length")).toBe("4");
});

it("names of `paths` were not found when the cell ran: TypeScript, JavaScript, JSON, and between files", async () => {
  configure({ paths: { "@lib/*": ["./lib/*"], settings: ["./lib/data.json"] } });
  expect(await lastOf('import { one, Kind } from "@lib/one"; [one, Kind.A]')).toBe("[ 1, 4 ]");
  expect(await lastOf('import { plain } from "@lib/plain"; plain')).toBe("3");
  expect(await lastOf('import settings from "settings"; settings.a')).toBe("7");
  expect(await lastOf('(await import("@lib/two")).two')).toBe("2");
  cells.write("lib/two.ts", "export const two: number = 3;");
  expect(await lastOf('import { one as again } from "@lib/one"; again')).toBe("2");
});

it("jsx with jsxImportSource works in cells and files, also from a configuration that is extended", async () => {
  cells.write("base.json", '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "mini" } }');
  configure({}, { extends: "./base.json" });
  expect(await lastOf('import { view } from "./view"; view()')).toBe("[ 'b', 'hi' ]");
  const intrinsic = "declare namespace JSX { interface IntrinsicElements { [name: string]: any } }";
  expect(await lastOf(`${intrinsic}\n<i>{1 + 1}</i>`)).toBe("[ 'i', 2 ]");
});

it("jsx with a factory from an earlier cell: `React is not defined`", async () => {
  const intrinsic = "declare namespace JSX { interface IntrinsicElements { [name: string]: any } }";
  configure({ jsx: "react", jsxFactory: "make.element", jsxFragmentFactory: "Group" });
  const factory = "const make = { element: (...given: any[]) => given }; const Group = 'group';";
  expect(await lastOf(`${intrinsic}\n${factory} <b>1</b>`)).toBe("[ 'b', null, '1' ]");
  expect(await lastOf("<b>{2}</b>")).toBe("[ 'b', null, 2 ]");
  expect(await lastOf("<><i/></>")).toBe("[ 'group', null, [ 'i', null ] ]");
  expect(await lastOf("const later = () => <b>{3}</b>; later()")).toBe("[ 'b', null, 3 ]");
});

it("baseUrl says where bare names are looked for, without hiding packages", async () => {
  configure({ baseUrl: "." });
  expect(await lastOf('import { plain as based } from "lib/plain"; based')).toBe("3");
  configure({ baseUrl: "lib", paths: { "@own/*": ["*"] } });
  expect(
    await lastOf('import { two as other } from "two"; import { plain as own } from "@own/plain"; other - own'),
  ).toBe("0");
  expect(await lastOf('import { sep } from "path"; import { deep as linked } from "linked"; [sep, linked]')).toBe(
    "[ '/', 6 ]",
  );
});

it("types brings declarations of globals", async () => {
  cells.write("node_modules/@types/signs/index.d.ts", "declare const knownSign: 'ok' | undefined;");
  cells.write("node_modules/@types/signs/package.json", '{ "name": "@types/signs", "types": "index.d.ts" }');
  expect((await cells.run("typeof knownSign")).failure?.evalue).toContain("Cannot find name 'knownSign'");
  configure({ types: ["signs"] });
  expect(await lastOf("typeof knownSign")).toBe("'undefined'");
});

it.each([
  ["text that is no JSON", '{ "compilerOptions": { "jsx": ', "line 1: "],
  ["an unknown option", '{ "compilerOptions": { "foo": 1 } }', "Unknown compiler option 'foo'"],
  ["a missing file to extend", '{ "extends": "./none.json" }', "none.json"],
  ["missing declarations", '{ "compilerOptions": { "types": ["none"] } }', "npm i -D @types/none"],
])("a tsconfig.json with errors is reported once, and cells run: %s", async (_, text, message) => {
  cells.write("tsconfig.json", text);
  const run = await cells.run("1 + 1");
  expect([run.failure, run.text]).toEqual([undefined, "2"]);
  expect(run.stream("stderr")).toContain("tsconfig.json beside the notebook has errors.");
  expect(run.stream("stderr")).toContain(message);
  expect((await cells.run("1 + 2")).stream("stderr")).toBe("");
});

it("a linked package whose exports point to TypeScript with an enum did not load", async () => {
  expect(await lastOf('import { Color, deep } from "linked"; [Color.Red, deep]')).toBe("[ 5, 6 ]");
  expect(await lastOf('(await import("linked")).Color.Red')).toBe("5");
});
