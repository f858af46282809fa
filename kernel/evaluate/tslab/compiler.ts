import { dirname } from "node:path";
import type ts from "typescript";
import { withoutMapComment } from "../../report/places.js";
import type { EditedText } from "../../report/text-edits.js";
import { guardName, type TypeScript } from "../guards.js";
import { keepResolutions, type Resolutions, type Resolve } from "../kept-resolutions.js";
import type { PackageFolders } from "../package-folders.js";
import { prelude, preludeName } from "../prelude.js";
import { missingLibraries } from "./missing-libraries.js";
import { liveVariables } from "./rewrite.js";

/** How the cell that was converted last came about: TypeScript → ES module → the same with live variables → script. */
export interface EmittedMaps {
  /** Source map, as JSON. */
  toModule: string | undefined;
  live: EditedText | undefined;
  /** Source map, as JSON. */
  toScript: string | undefined;
}

/** Settings of the converters to come; the converter takes none of its own. */
export interface CompilerSettings {
  readonly folders: PackageFolders;
  /** Folder with a `node` package of types, for users that have none. */
  readonly typeRoot: string | undefined;
  readonly maps: EmittedMaps;
}

/**
 * A view of the compiler that differs in what tslab leaves no option for: how modules are found (package `exports`, the
 * kernel's packages), which libraries there are, the prelude, source maps, dynamic `import()`, and no watching of
 * installed packages.
 */
export function adaptCompiler(original: TypeScript, settings: () => CompilerSettings): TypeScript {
  const view: Record<string, unknown> = {
    sys: overlaySystem(original, settings),
    createWatchCompilerHost: (...given: unknown[]) => createHost(original, settings(), given as HostArguments),
    createWatchProgram: (host: ts.WatchCompilerHost<ts.BuilderProgram>) => {
      const { maps } = settings();
      const created = host.afterProgramCreate;
      host.afterProgramCreate = (program) => created?.(keepingMap(program, maps));
      return original.createWatchProgram(host as never);
    },
    transpileModule: (input: string, options: ts.TranspileOptions) => {
      const before = [...(options.transformers?.before ?? []), moduleSyntax(original)];
      const compilerOptions = { ...options.compilerOptions, sourceMap: true };
      const live = liveVariables(original, input);
      const result = original.transpileModule(live.text, { ...options, compilerOptions, transformers: { before } });
      settings().maps.live = live;
      settings().maps.toScript = result.sourceMapText;
      return { ...result, outputText: withoutMapComment(result.outputText) };
    },
  };
  for (const key of Object.keys(original) as (keyof TypeScript)[])
    if (!(key in view)) Object.defineProperty(view, key, { enumerable: true, get: () => original[key] });
  return view as unknown as TypeScript;
}

type HostArguments = [files: string[], options: ts.CompilerOptions, system: ts.System, ...rest: never[]];

function createHost(
  compiler: TypeScript,
  settings: CompilerSettings,
  [files, options, system, ...rest]: HostArguments,
): unknown {
  const folder = system.getCurrentDirectory();
  const adapted: ts.CompilerOptions = {
    ...options,
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    lib: ["lib.es2023.d.ts"],
    sourceMap: true,
  };
  const hasNode = options.typeRoots?.some((root) => system.fileExists(`${root}/node/package.json`)) === true;
  if (!hasNode && settings.typeRoot !== undefined)
    adapted.typeRoots = [...(options.typeRoots ?? []), settings.typeRoot];
  const host = compiler.createWatchCompilerHost([...files, `${folder}/${preludeName}`], adapted, system, ...rest);
  const kept: Resolutions = new Map();
  const find: Resolve = (name, from) => compiler.resolveModuleName(name, from, adapted, system as never);
  const resolve = keepResolutions(find, () => kept);
  host.resolveModuleNameLiterals = (literals, from) => literals.map(({ text }) => resolve(text, from));
  host.hasInvalidatedResolutions = () => false;
  return host;
}

/**
 * Files of the kernel's packages appear under the working directory's node_modules, so that types are named after
 * packages.
 */
function overlaySystem(compiler: TypeScript, settings: () => CompilerSettings): ts.System {
  const { sys } = compiler;
  const real = (path: string): string => settings().folders.real(path);
  const isPrelude = (path: string): boolean => path.endsWith(`/${preludeName}`);
  const overlay: ts.System = Object.create(sys);
  return Object.assign(overlay, {
    getCurrentDirectory: () => settings().folders.workingDirectory.replaceAll("\\", "/"),
    fileExists: (path: string) => isPrelude(path) || sys.fileExists(real(path)),
    readFile: (path: string, encoding?: string) =>
      isPrelude(path) ? prelude + missingLibraries : sys.readFile(real(path), encoding),
    directoryExists: (path: string) => sys.directoryExists(real(path)),
    getDirectories: (path: string) => sys.getDirectories(real(path)),
    realpath: (path: string) => (real(path) === path ? (sys.realpath?.(path) ?? path) : path),
    watchDirectory: () => ({ close() {} }),
    watchFile: (path: string, ...rest: [ts.FileWatcherCallback, number?, ts.WatchOptions?]) =>
      isPrelude(path) || path.includes("/node_modules/") || path.startsWith(dirname(sys.getExecutingFilePath()))
        ? { close() {} }
        : (sys.watchFile?.(path, ...rest) ?? { close() {} }),
  });
}

/** Keeps the source map of what is emitted; the converter only takes the code. */
function keepingMap(program: ts.BuilderProgram, maps: EmittedMaps): ts.BuilderProgram {
  const emit: ts.BuilderProgram["emit"] = (file, write, ...rest) => {
    const keep: ts.WriteFileCallback = (name, text, ...others) => {
      if (name.endsWith("/__tslab__.js.map")) maps.toModule = text;
      else write?.(name, name.endsWith(".js") ? withoutMapComment(text) : text, ...others);
    };
    return program.emit(file, write === undefined ? undefined : keep, ...rest);
  };
  return Object.assign(Object.create(program), { emit });
}

/**
 * `import(x)` → a call of the guard object, which loads modules that `require` can't; `import.meta` → what it says of
 * the cell.
 */
function moduleSyntax(compiler: TypeScript): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const visit = (node: ts.Node): ts.Node => {
      const { factory } = compiler;
      const ofGuard = (name: string) =>
        factory.createPropertyAccessExpression(factory.createIdentifier(guardName), name);
      if (compiler.isMetaProperty(node) && node.keywordToken === compiler.SyntaxKind.ImportKeyword)
        return ofGuard("meta");
      const visited = compiler.visitEachChild(node, visit, context);
      if (!compiler.isCallExpression(visited) || visited.expression.kind !== compiler.SyntaxKind.ImportKeyword)
        return visited;
      return factory.createCallExpression(ofGuard("load"), undefined, [
        factory.createIdentifier("require"),
        ...visited.arguments,
      ]);
    };
    return compiler.visitNode(file, visit) as ts.SourceFile;
  };
}
