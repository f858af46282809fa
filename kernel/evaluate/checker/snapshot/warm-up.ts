import { type CheckerOptions, createChecker } from "../process/checker.js";
import type { CheckerRequest } from "../process/requests.js";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: cells with templates in them
/** Cells as people write them, so that what they need of the compiler has been loaded, parsed, and compiled once. */
const cells = [
  "1 + 1",
  'import { readFileSync } from "node:fs";\nimport * as path from "node:path";\nconst text = ' +
    'readFileSync(path.join("a", "b"), "utf8");\ntext.split("\\n").map((line) => line.length)',
  "interface Row { name: string; size?: number }\nclass Table<T extends Row> { private rows: T[] = []; add(row: " +
    ("T) { this.rows.push(row); return this } get size() { return this.rows.length } }\nconst table = new " +
      "Table<Row>().add({ name: 'a' });\ntable.size"),
  "let total = 0;\nfor (const [index, value] of [1, 2, 3].entries()) total += index * value;\nfor await (const " +
    ("one of (async function* () { yield 1 })()) total += one;\nconsole.log(`total ${total}`, new Map([['a', 1]]), " +
      "process.memoryUsage());"),
  "async function load(url: string): Promise<unknown> { const answer = await fetch(url); return answer.json() " +
    "}\nconst late = await Promise.all([1, Promise.resolve('a')]);\n({ late, ...{ a: 1 } })",
  "const wrong: number = 'text';",
  "const broken = (",
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above

const questions: CheckerRequest[] = [
  { kind: "complete", code: "table.", cursor: 6 },
  { kind: "complete", code: "Math.fl", cursor: 7 },
  { kind: "complete", code: "", cursor: 0 },
  { kind: "complete", code: "const row: Row = { na", cursor: 21 },
  { kind: "complete", code: 'table.add({ name: "', cursor: 19 },
  { kind: "complete", code: 'import {  } from "node:fs"', cursor: 9 },
  { kind: "inspect", code: "table.add({ name: 'b' })", cursor: 7, detail: 1 },
  { kind: "inspect", code: "readFileSync", cursor: 3, detail: 0 },
  { kind: "isComplete", code: "for (const a of b) {" },
];

export function warmUp(options: CheckerOptions, workingDirectory: string): void {
  const checker = createChecker(options);
  checker.answer({ kind: "open", workingDirectory, packages: [] });
  for (let round = 0; round < 2; round++) {
    for (const code of cells) {
      const conversion = checker.answer({ kind: "convert", code });
      if (conversion !== null && "script" in conversion && conversion.script !== undefined)
        checker.answer({ kind: "declare", own: conversion.script.declares, captures: [] });
    }
    for (const question of questions) checker.answer(question);
  }
}
