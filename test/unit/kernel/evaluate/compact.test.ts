import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";
import compiler from "typescript";
import { describe, expect, it } from "vitest";
import {
  offsetWithCommentLines,
  withoutCommentLines,
} from "../../../../kernel/evaluate/checker/program/comment-lines.js";
import { compactScript } from "../../../../kernel/evaluate/checker/snapshot/compact-script.js";
import type { TypeScript } from "../../../../kernel/evaluate/guards.js";

const compact = (text: string): string => compactScript(compiler as TypeScript, text);

describe("a script of which V8 keeps the text", () => {
  it("loses its comments and the spaces that mean nothing", () => {
    expect(compact("/* a */ function f(a, b) { // b\n  return a + b ; /** c */\n}\n")).toBe(
      "function f(a,b){return a+b;}",
    );
  });

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: scripts with templates in them
  it.each([
    "let a = 1\nlet b = 2\n;[a, b].join()",
    "const f = function () { return 3 }\nvar c = f()\n++c\nc",
    "1 + + 2 - - 3 + +'4'",
    "1 .toFixed(1) + 2. .toString()",
    "const text = ` a  ${ { b : `/* ${ 1 + 1 } */` }.b }  // c\n  ${[1 , 2]} `; text",
    "/[/] \\/ \\/\\*/ in { '/[/] \\\\/ \\\\/\\\\*/' : 1 }",
    "let n = 8, g = 2; n / 2 / g + ` ${ /}`/.test('}`') }`",
    "(function () { return\n1 })()",
    "let i = 1; do i ++\nwhile (i < 5) ; i-- > 3",
    "class A { static #a = 1; static get get() { return A . #a } static set(v) {} static\nb = 2 }\nA.get + A.b",
    "let q = 0; q ?.5 : 1",
    "'é 中 // not a comment' + \"/* nor this */\"",
    "label: for (const x of [1,2]) { if (x) continue label\n else break\n }\ntypeof void 0",
  ])("means the same: %s", (text) => {
    expect(runInNewContext(compact(text))).toEqual(runInNewContext(text));
  });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above

  it("keeps its syntax tree", () => {
    const require = createRequire(import.meta.url);
    for (const file of [
      require.resolve("yaml"),
      join(dirname(require.resolve("typescript")), "_typingsInstaller.js"),
    ]) {
      const text = readFileSync(file, "utf8");
      const made = compact(text);
      expect(made.length).toBeLessThan(text.length);
      expect(tree(made)).toEqual(tree(text));
    }
  });
});

/** Kinds and texts of all nodes. */
function tree(text: string): unknown[] {
  const found: unknown[] = [];
  const visit = (node: compiler.Node): void => {
    found.push(node.kind, "text" in node && !compiler.isSourceFile(node) ? node.text : "");
    compiler.forEachChild(node, visit);
  };
  visit(compiler.createSourceFile("a.js", text, compiler.ScriptTarget.Latest));
  return found;
}

describe("declarations without their comment lines", () => {
  const text = [
    '/// <reference lib="a" />',
    "/* one */ declare const a: 1; // stays",
    "declare module 'b' {",
    "    /**",
    "     * Documentation: `/* x *\\/` **",
    "     **/",
    "    // another",
    "    interface B { /* stays too */ c: '//' }",
    "\t/** last */",
    "}",
    "",
  ].join("\n");

  it("are what the compiler reads of them", () => {
    expect(withoutCommentLines(text)).toBe(
      "/* one */ declare const a: 1; // stays\ndeclare module 'b' {\ninterface B { /* stays too */ c: '//' }\n}\n",
    );
  });

  it("tell where something is in the file", () => {
    const short = withoutCommentLines(text);
    for (const name of ["/* one", "declare module", "'b'", "interface", "c: '//'", "}\n"]) {
      expect(offsetWithCommentLines(text, short.lastIndexOf(name))).toBe(text.lastIndexOf(name));
    }
  });
});
