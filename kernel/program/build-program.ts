import { renameSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import type { TypeScript } from "../evaluate/guards.js";
import { commonJsClosure, moduleText } from "./common-js.js";
import { compiledFile, type ProgramName, stampOf, storedFile } from "./stored-program.js";

const entries: Record<ProgramName, string> = {
  kernel: join("start", "launch.js"),
  protocol: join("thread", "protocol-thread.js"),
};

/** Makes the scripts that `readStored` finds, of the compiled modules in `folder`. */
export function buildPrograms(compiler: TypeScript, folder: string): void {
  if (stampOf(folder) === undefined) return;
  for (const name of ["kernel", "protocol"] as const) {
    const file = storedFile(name, folder);
    const text = programText(compiler, folder, entries[name]);
    replace(compiledFile(file), compile(text, file));
    replace(file, text);
  }
}

/** Another evaluator's modules and those of another command are loaded as the files that they are. */
const rare = [join("evaluate", "tslab") + sep, join("install", "doctor.js")];

function programText(compiler: TypeScript, folder: string, entry: string): string {
  const isRare = (path: string): boolean => rare.some((one) => path.startsWith(join(folder, one)));
  const modules = [...commonJsClosure(compiler, join(folder, entry), isRare)];
  const named = modules.map(([path, text]) => moduleText(relative(folder, path).replaceAll(sep, "/"), late(text)));
  return `${stampOf(folder)}
(function (builtin) {
const modules = new Map([
${named.join(",\n")}
]);
const { join, dirname } = builtin("node:path");
const root = dirname(builtin.resolve("./main.js"));
const loaded = new Map();
function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const filename = join(root, name);
  const folder = dirname(filename);
  const meta = { filename, dirname: folder, get url() { return builtin("node:url").pathToFileURL(filename).href; } };
  const own = (other) => load(join(dirname(name), other).replaceAll("\\\\", "/"));
  const require = (other) => other.startsWith(".") ? own(other) : builtin(other);
  modules.get(name)(module, module.exports, require, filename, folder, meta, Intl);
  return module.exports;
}
return load(${JSON.stringify(entry.replaceAll(sep, "/"))});
})`;
}

/** Node's cryptography takes long to load: that happens when something of it is called. */
function late(text: string): string {
  const declared = 'const node_crypto_1 = require("node:crypto");';
  if (!text.includes(declared)) return text;
  return text.replace(declared, "").replace(/\bnode_crypto_1\./g, 'require("node:crypto").');
}

/** All of its functions, not only those that run when it is loaded. */
function compile(text: string, filename: string): Buffer {
  setFlagsFromString("--no-lazy");
  const script = new Script(text, { filename });
  // V8 takes what it compiled only under the same flags.
  setFlagsFromString("--lazy");
  return script.createCachedData();
}

/** A kernel that starts meanwhile finds the old one or the new one. */
function replace(file: string, content: string | Buffer): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}
