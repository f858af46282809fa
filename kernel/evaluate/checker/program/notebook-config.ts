import { statSync } from "node:fs";
import { join, relative } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "../../guards.js";

/** What a `tsconfig.json` beside the notebook sets for cells and the user's files. */
export interface NotebookConfig {
  readonly options: ts.CompilerOptions;
  /** What is wrong with it, in words for the user. */
  readonly trouble?: string;
  /** The file and those that it extends, there or not. */
  readonly files: readonly string[];
  /** Differs from `versionOf(files)` once one of them has changed. */
  readonly version: string;
}

/** The options that have an effect; the others are those of the kernel. */
const effective = [
  ...["experimentalDecorators", "emitDecoratorMetadata", "useDefineForClassFields"],
  ...["paths", "pathsBasePath", "baseUrl", "types"],
  ...["jsx", "jsxFactory", "jsxFragmentFactory", "jsxImportSource"],
];

/** The file names no files of its own: a notebook has none. */
const noInputs = new Set([18002, 18003]);

export function readNotebookConfig(compiler: TypeScript, folder: string): NotebookConfig {
  const path = join(folder, "tsconfig.json");
  const files = new Set([path]);
  if (!compiler.sys.fileExists(path)) return { options: {}, files: [path], version: versionOf([path]) };
  const found: ts.Diagnostic[] = [];
  const parsed = compiler.getParsedCommandLineOfConfigFile(
    path,
    {},
    {
      ...compiler.sys,
      getCurrentDirectory: () => folder,
      readDirectory: () => [],
      readFile(file: string, encoding?: string) {
        files.add(file);
        return compiler.sys.readFile(file, encoding);
      },
      onUnRecoverableConfigFileDiagnostic: (one) => found.push(one),
    },
  );
  const source = parsed?.options.configFile as ts.TsConfigSourceFile & { parseDiagnostics?: ts.Diagnostic[] };
  found.push(...(source?.parseDiagnostics ?? []), ...(parsed?.errors ?? []));
  const given: ts.CompilerOptions = parsed?.options ?? {};
  const { types, missing } = typesOf(compiler, path, given);
  const options = Object.fromEntries(effective.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
  const messages = [
    ...found.filter(({ code }) => !noInputs.has(code)).map((one) => describe(compiler, folder, one)),
    ...missing.map((name) => `"types": found no declarations for ${JSON.stringify(name)} (npm i -D @types/${name})`),
  ];
  return {
    options: {
      ...options,
      ...namesBelowBase(given),
      ...definedFields(compiler, given),
      ...(types === undefined ? {} : { types }),
    },
    files: [...files],
    version: versionOf([...files]),
    ...(messages.length === 0 ? {} : { trouble: troubleOf(messages) }),
  };
}

/** Of all files, by their times and sizes. */
export function versionOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found === undefined ? "none" : `${found.mtimeMs}-${found.size}`;
    })
    .join();
}

/** Makes `baseUrl` a root for bare names, as `tsc` did before 6.0. The compiler itself only follows `paths`. */
function namesBelowBase({ baseUrl, paths }: ts.CompilerOptions): ts.CompilerOptions {
  return baseUrl === undefined ? {} : { paths: { ...paths, "*": [...(paths?.["*"] ?? []), "*"] } };
}

/** As the compiler decides it: fields are assigned, not defined, where the target is older than ECMAScript 2022. */
function definedFields(
  compiler: TypeScript,
  { target, useDefineForClassFields }: ts.CompilerOptions,
): ts.CompilerOptions {
  const isOld = target !== undefined && target < compiler.ScriptTarget.ES2022;
  return isOld && useDefineForClassFields === undefined ? { useDefineForClassFields: false } : {};
}

function typesOf(
  compiler: TypeScript,
  path: string,
  options: ts.CompilerOptions,
): { readonly types?: string[]; readonly missing: readonly string[] } {
  if (options.types === undefined) return { missing: [] };
  const isThere = (name: string): boolean =>
    name === "node" ||
    name.includes("*") ||
    compiler.resolveTypeReferenceDirective(name, path, options, compiler.sys).resolvedTypeReferenceDirective !==
      undefined;
  return { types: options.types.filter(isThere), missing: options.types.filter((name) => !isThere(name)) };
}

function describe(compiler: TypeScript, folder: string, { file, start, messageText, code }: ts.Diagnostic): string {
  const text = compiler.flattenDiagnosticMessageText(messageText, "\n");
  if (file === undefined) return `${text} (TS${code})`;
  const line = file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
  const name = relative(folder, file.fileName);
  return `${name === "tsconfig.json" ? "" : `${name}, `}line ${line}: ${text} (TS${code})`;
}

function troubleOf(messages: readonly string[]): string {
  return [
    "tsconfig.json beside the notebook has errors. Cells use the options that could be read.",
    ...messages.slice(0, 5).map((message) => `  ${message}`),
  ].join("\n");
}
