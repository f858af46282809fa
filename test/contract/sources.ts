import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot } from "../../src/core/package-root.js";

export interface Source {
  /** Path relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file below a folder of the project, or every file with such a name, sorted by path. */
export function sourcesIn(folder: string, names = /\.ts$/): Source[] {
  const root = packageRoot();
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => names.test(name) && !/(?:^|\/)(?:node_modules|lib|labextension|reports)\//.test(name))
    .sort()
    .map((name) => join(root, folder, name))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, "utf8") }));
}

export interface Import {
  /** The imported file, as a path of the project. */
  readonly target: string;
  /** Only types are imported. */
  readonly typeOnly: boolean;
  /** `import(…)`: loaded when that line runs. */
  readonly dynamic: boolean;
}

/** Relative imports of a file. */
export function importsOf({ path, text }: Source): Import[] {
  const pattern = /(?:^|\n)\s*(import|export)\s+(type\s)?[^;]*?from\s+"(\.[^"]+)"|import\(\s*"(\.[^"]+)"\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    target: join(path, "..", (match[3] ?? match[4]) as string).replace(/\.js$/, ".ts"),
    typeOnly: match[2] !== undefined,
    dynamic: match[4] !== undefined,
  }));
}
