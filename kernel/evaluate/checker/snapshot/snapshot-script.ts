import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { commonJsClosure, moduleText } from "../../../program/common-js.js";
import type { TypeScript } from "../../guards.js";
import { compactScript } from "./compact-script.js";

/**
 * One script of a program and the TypeScript compiler: a snapshot is built from a single file, whose `require` knows
 * Node's own modules only. Every module becomes a function, as in Node.
 */
export function snapshotScript(
  compiler: TypeScript,
  files: { /** Compiled ES module. */ readonly entry: string /** `typescript.js` */; readonly compiler: string },
): string {
  const own = [...commonJsClosure(compiler, files.entry)].map(([path, text]) => moduleText(path, text));
  // A snapshot can hold neither Node's module loader, of which is needed what modules there are, nor a collator, which
  // the compiler sorts names with.
  return `const builtin = require;
const names = new Set(${JSON.stringify(builtinModules)});
const loader = { isBuiltin: (name) => names.has(name) || (name.startsWith("node:") && names.has(name.slice(5))) };
const modules = new Map([
${[...own, moduleText(files.compiler, compactScript(compiler, readFileSync(files.compiler, "utf8")))].join(",\n")}
]);
const { startupSnapshot } = builtin("node:v8");
class Collator {
  constructor(...given) {
    this.compare = (a, b) => {
      if (startupSnapshot.isBuildingSnapshot()) return a < b ? -1 : a > b ? 1 : 0;
      this.real ??= new Intl.Collator(...given);
      return this.real.compare(a, b);
    };
  }
}
const lateIntl = Object.assign(Object.create(Intl), { Collator });
const loaded = new Map();
function load(path) {
  const known = loaded.get(path);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(path, module);
  const folder = builtin("node:path").dirname(path);
  const require = (name) =>
    name === "typescript" ? load(${JSON.stringify(files.compiler)})
    : name.startsWith(".") ? load(builtin("node:path").join(folder, name))
    : name === "node:module" ? loader
    : builtin(name);
  modules.get(path)(module, module.exports, require, path, folder, undefined, lateIntl);
  return module.exports;
}
load(${JSON.stringify(files.entry)});
`;
}
