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

/** Where the kernel's own TypeScript and Node types are installed. */
export function findDeclarations(): Declarations {
  const require = createRequire(import.meta.url);
  return {
    libraries: dirname(require.resolve("typescript")),
    typeRoot: dirname(dirname(require.resolve("@types/node/package.json"))),
  };
}

/** The ECMAScript that a major version of Node has, as names of the compiler's libraries. */
export function librariesFor(nodeMajor: number): string[] {
  const disposable = ["lib.esnext.disposable.d.ts"];
  if (nodeMajor < 22) return ["lib.es2023.d.ts", ...disposable];
  const newer = ["collection", "array", "iterator"].map((name) => `lib.esnext.${name}.d.ts`);
  return ["lib.es2024.d.ts", ...newer, ...disposable];
}

/** Not strict, because a notebook is for trying things out. The user's own files can be stricter. */
export function checkOptions(
  compiler: TypeScript,
  typeRoots: readonly string[],
  nodeMajor: number,
): ts.CompilerOptions {
  return {
    ...runOptions(compiler),
    // Node 20 supports the regular expressions of 2024 (`/v`). Other newer syntax is translated.
    target: compiler.ScriptTarget.ES2024,
    module: compiler.ModuleKind.ESNext,
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    lib: librariesFor(nodeMajor),
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
