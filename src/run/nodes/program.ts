import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot } from "../../core/package-root.js";

/**
 * Python program that reads the node program from its input and runs it. No backslash and no quote: every shell
 * passes it on as it is.
 */
export const bootProgram = "import sys;P=sys.stdin.buffer.read(int(sys.stdin.buffer.readline()));exec(P)";

function pythonFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".py") && !name.includes("tests/"))
    .sort();
}

let built: Buffer | undefined;

/** The node program as one Python script: the texts of its modules, and the loader that imports them. */
export function nodeProgram(): Buffer {
  const folder = join(packageRoot(), "extensions", "node");
  const modules = join(folder, "mindformers_lab_node");
  if (built === undefined) {
    const sources = pythonFiles(modules).map((name) => [name.slice(0, -3), readFileSync(join(modules, name), "utf8")]);
    // A JSON string is a Python string: the sources hold no character beyond the basic plane.
    const text = JSON.stringify(JSON.stringify(Object.fromEntries(sources)));
    const loader = readFileSync(join(folder, "loader.py"), "utf8");
    built = Buffer.from(`SOURCES = __import__("json").loads(${text})\n${loader}`);
  }
  return built;
}

/** Every file of the engine layer, with its path below `engine/` of a node's own folder. */
export function engineFiles(target: string): { readonly path: string; readonly text: string }[] {
  const folder = join(packageRoot(), "extensions", "engine");
  return pythonFiles(folder)
    .filter((name) => !name.startsWith("tests"))
    .map((name) => ({
      path: join(target, relative(folder, join(folder, name))),
      text: readFileSync(join(folder, name), "utf8"),
    }));
}
