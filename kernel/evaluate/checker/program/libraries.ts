import { createRequire } from "node:module";
import { dirname } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "../../guards.js";

/** Where the compiler's own declarations and those of Node lie. */
export interface Declarations {
  /** Folder of typescript/lib. */
  readonly libraries: string;
  /** A folder with a `node` package of types, for users that have none. */
  readonly typeRoot: string;
}

/** The Node that checks and runs cells. */
export const nodeMajor = Number(process.versions.node.split(".")[0]);

/** Where the kernel's own TypeScript and the types of this Node, or the nearest one that we have, are installed. */
export function findDeclarations(major = nodeMajor): Declarations {
  const require = createRequire(import.meta.url);
  const types = major < 22 ? "@types/node" : "@types-of-node-24/node";
  return {
    libraries: dirname(require.resolve("typescript")),
    typeRoot: dirname(dirname(require.resolve(`${types}/package.json`))),
  };
}

const of24 = "es2025 esnext.array esnext.error esnext.sharedmemory";

/** The ECMAScript that Node has from a major version on, the newest first. */
const ecmaScript: readonly (readonly [major: number, names: string])[] = [
  [26, `${of24} esnext.temporal esnext.date esnext.collection esnext.typedarrays`],
  [24, of24],
  [22, "es2024 es2025.collection es2025.iterator esnext.array"],
  [0, "es2023"],
];

/** The same as names of the compiler's libraries. */
export function librariesFor(major: number): string[] {
  const [, names = ""] = ecmaScript.find(([from]) => major >= from) ?? [];
  return [...names.split(" "), "esnext.disposable"].map((name) => `lib.${name}.d.ts`);
}

/** Not strict, because a notebook is for trying things out. The user's own files can be stricter. */
export function checkOptions(compiler: TypeScript, typeRoots: readonly string[], major: number): ts.CompilerOptions {
  return {
    ...runOptions(compiler),
    // Node 20 supports the regular expressions of 2024 (`/v`). Other newer syntax is translated.
    target: compiler.ScriptTarget.ES2024,
    module: compiler.ModuleKind.ESNext,
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    lib: librariesFor(major),
    typeRoots: [...typeRoots],
    types: [],
    strict: false,
    declaration: true,
    resolveJsonModule: true,
    // As Node itself and Deno want it; a cell is never written as a file.
    allowImportingTsExtensions: true,
    allowJs: true,
    checkJs: false,
    skipLibCheck: true,
    noUncheckedSideEffectImports: false,
  };
}

/** What TypeScript becomes: Node loads it as CommonJS, so that names can be declared again and modules loaded anew. */
export function runOptions(compiler: TypeScript): ts.CompilerOptions {
  return {
    target: compiler.ScriptTarget.ES2022,
    module: compiler.ModuleKind.CommonJS,
    moduleDetection: compiler.ModuleDetectionKind.Force,
    newLine: compiler.NewLineKind.LineFeed,
    jsx: compiler.JsxEmit.React,
    esModuleInterop: true,
    sourceMap: true,
  };
}
