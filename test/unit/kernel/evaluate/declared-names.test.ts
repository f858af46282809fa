import compiler from "typescript";
import { describe, expect, it } from "vitest";
import {
  addNames,
  type DeclaredName,
  type DeclaredNames,
  readNames,
  textOfNames,
} from "../../../../kernel/evaluate/checker/cell/declared-names.js";

const both = () => ({ value: true, type: true });

function after(...cells: readonly string[]): string {
  const read = (declarations: string): DeclaredName[] => readNames(compiler, declarations, both);
  const names = cells.reduce<DeclaredNames>((earlier, cell) => addNames(earlier, read(cell)), new Map());
  return textOfNames(names)
    .replace(/export \{\};\s*$/, "")
    .trim();
}

describe("what later cells know", () => {
  it.each([
    [
      "a variable is replaced by the next of its name",
      ["declare const a: 1;", "declare let a: string;"],
      "declare let a: string;",
    ],
    [
      "one of several in a statement is replaced by itself",
      ["declare let a: number, b: string;", "declare const a: 2;"],
      "declare const a: 2;\ndeclare let b: string;",
    ],
    [
      "a type doesn't touch the variable of its name",
      ["declare const A: number;", "type A = string;"],
      "declare const A: number;\ntype A = string;",
    ],
    [
      "of a class whose type is replaced a value stays of which nothing is known",
      ["declare class A { x: number; }", "interface A { y: string; }"],
      "declare let A: any;\ninterface A { y: string; }",
    ],
    [
      "a class whose value is replaced goes",
      ["declare class A { x: number; }", "declare const A: 1;"],
      "declare const A: 1;",
    ],
    [
      "overloads belong together",
      ["declare function f(x: number): 1;\ndeclare function f(x: string): 2;", "declare const other: 1;"],
      "declare function f(x: number): 1;\ndeclare function f(x: string): 2;\ndeclare const other: 1;",
    ],
    [
      "each import stands by itself",
      ['import d, { a, b as c } from "m";', "declare const a: 1;"],
      'import d from "m";\ndeclare const a: 1;\nimport { b as c } from "m";',
    ],
    ["namespaces of modules, too", ['import * as ns from "m";'], 'import * as ns from "m";'],
    ["documentation stays", ["/** Says a. */\ndeclare const a: 1;"], "/** Says a. */\ndeclare const a: 1;"],
    ["export lists mean nothing", ["declare const a: 1;\nexport { a };"], "declare const a: 1;"],
  ])("%s", (_, cells, expected) => {
    expect(
      after(...cells)
        .split("\n")
        .sort(),
    ).toEqual(expected.split("\n").sort());
  });
});
