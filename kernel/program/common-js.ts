import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TypeScript } from "../evaluate/guards.js";

/** What stands before a module's code in one script of several, and what it is called with; see `moduleText`. */
export const moduleParameters = "module, exports, require, __filename, __dirname, __meta, Intl";

/**
 * A compiled ES module and all that it imports from files, each as CommonJS, by path; without those whose path
 * `isLeftOut` knows.
 */
export function commonJsClosure(
  compiler: TypeScript,
  entry: string,
  isLeftOut: (path: string) => boolean = () => false,
): Map<string, string> {
  const modules = new Map<string, string>();
  const add = (path: string): void => {
    if (modules.has(path) || isLeftOut(path)) return;
    const text = toCommonJs(compiler, readFileSync(path, "utf8"));
    modules.set(path, text);
    for (const [, name] of text.matchAll(/require\("(\.[^"]+)"\)/g)) add(join(dirname(path), name ?? ""));
  };
  add(entry);
  return modules;
}

/** A module as an entry of a map: its name, and a function as Node makes one of it. */
export function moduleText(name: string, text: string): string {
  return `[${JSON.stringify(name)}, function (${moduleParameters}) {\n${text}\n}]`;
}

function toCommonJs(compiler: TypeScript, text: string): string {
  const compilerOptions = {
    module: compiler.ModuleKind.CommonJS,
    target: compiler.ScriptTarget.ES2022,
    esModuleInterop: true,
    removeComments: true,
  };
  const { outputText } = compiler.transpileModule(text, { compilerOptions });
  // One character beyond Latin 1, and V8 keeps all of the script in twice the memory.
  return outputText
    .replace(/\bimport\.meta\b/g, "__meta")
    .replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
