import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "../../guards.js";
import { keepResolutions, type Resolutions, type Resolve, type Resolved } from "../../kept-resolutions.js";
import type { PackageFolders } from "../../package-folders.js";
import { prelude, preludeName } from "../../prelude.js";
import type { Bundles } from "./bundles.js";
import { checkOptions, type Declarations, nodeMajor } from "./libraries.js";
import type { NotebookConfig } from "./notebook-config.js";
import { rareResolutions } from "./rare-resolutions.js";

/** The language service on one notebook: the cell, what earlier cells left, the prelude, and whatever these import. */
export interface Language {
  readonly service: ts.LanguageService;
  readonly cell: string;
  readonly bundles: Bundles;
  /** What the user's `tsconfig.json` sets. */
  readonly options: ts.CompilerOptions;
  /** The cell's file name without its folder. Its ending decides whether the cell may contain JSX. */
  readonly cellName: string;
  /**
   * Names of modules that are files of the user's, to be translated: of `paths`, and of linked packages whose entry is
   * TypeScript.
   */
  readonly aliases: ReadonlyMap<string, string>;
  /**
   * Puts a text into the cell and checks anew what has changed since; the other methods of the service then speak of
   * it.
   */
  update(code: string, earlier: string, reason?: "question"): Checked;
  /** Files of the user's that a file reaches through imports, itself not included. */
  reachable(path: string): ReadonlySet<string>;
}

export interface Checked {
  readonly program: ts.Program;
  readonly file: ts.SourceFile;
  readonly earlier: ts.SourceFile;
}

/** What several languages have in common, so that a snapshot can hold it. */
export interface Shared {
  readonly registry: ts.DocumentRegistry;
  readonly bundles: (libraries: readonly string[], node: string) => Bundles;
  readonly resolutions: Resolutions;
  readonly texts: KeptTexts;
  /** For the text of a cell: a language that is opened anew finds the files of the one before in the registry. */
  readonly nextVersion: () => string;
}

export interface LanguageOptions {
  readonly compiler: TypeScript;
  readonly declarations: Declarations;
  readonly shared: Shared;
  readonly folders: PackageFolders;
  readonly config: NotebookConfig;
}

export function createLanguage(options: LanguageOptions): Language {
  const { folders, config } = options;
  const { compiler } = options;
  const folder = folders.workingDirectory.replaceAll("\\", "/").replace(/\/$/, "");
  const cellName = config.options.jsx === undefined ? "cell.ts" : "cell.tsx";
  const cell = `${folder}/__cell__${cellName.slice("cell".length)}`;
  const earlier = `${folder}/__earlier__.d.ts`;
  const texts = new Map<string, { readonly text: string; readonly version: string }>();
  const imports = new Map<string, Set<string>>();
  const aliases = new Map<string, string>();
  const { host, bundles } = createHost(options, { texts, imports, aliases });
  const service = compiler.createLanguageService(host, options.shared.registry);
  const put = (path: string, text: string, always: boolean): void => {
    if (always || texts.get(path)?.text !== text) texts.set(path, { text, version: options.shared.nextVersion() });
  };
  return {
    service,
    cell,
    bundles,
    options: config.options,
    cellName,
    aliases,
    update(code, declared, reason) {
      // Also an unchanged cell is checked anew before it runs: what it imports may have been installed since.
      put(cell, code, reason !== "question");
      put(earlier, declared, false);
      const program = service.getProgram();
      const file = program?.getSourceFile(cell);
      const before = program?.getSourceFile(earlier);
      if (program === undefined || file === undefined || before === undefined) throw new Error("no program");
      // They are all declared there, and the next program needn't ask for each of the 600 again.
      for (const path of bundles.paths) Object.assign(program.getSourceFile(path) ?? {}, { imports: [] });
      // Names that the cell doesn't declare are looked up in what surrounds it, as those of a function are.
      Object.assign(file, { parent: before });
      return { program, file, earlier: before };
    },
    reachable(path) {
      const found = new Set<string>();
      const visit = (from: string): void => {
        for (const to of imports.get(from) ?? [])
          if (!found.has(to)) {
            found.add(to);
            visit(to);
          }
      };
      visit(path);
      return found;
    },
  };
}

interface Files {
  readonly texts: ReadonlyMap<string, { readonly text: string; readonly version: string }>;
  /** Files of the user's that a file of the user's imports. */
  readonly imports: Map<string, Set<string>>;
  readonly aliases: Map<string, string>;
}

interface Host {
  readonly host: ts.LanguageServiceHost;
  readonly bundles: Bundles;
}

function createHost(options: LanguageOptions, { texts, imports, aliases }: Files): Host {
  const { compiler, declarations, folders } = options;
  const { sys } = compiler;
  const folder = folders.workingDirectory.replaceAll("\\", "/");
  const ownModules = `${folder.replace(/\/$/, "")}/node_modules`;
  const isOwnModules = (path: string): boolean => path.replace(/\/$/, "") === ownModules;
  const real = (path: string): string => folders.real(path);
  const typeRoots = typeRootsFor(folder, declarations);
  const compilerOptions = {
    ...checkOptions(compiler, typeRoots, nodeMajor),
    ...options.config.options,
  };
  const libraries = (compilerOptions.lib ?? []).map((name) => join(declarations.libraries, name));
  const typesOfNode =
    typeRoots.find((root) => sys.fileExists(join(root, "node", "package.json"))) ?? declarations.typeRoot;
  const node = join(typesOfNode, "node", "index.d.ts");
  const bundles = options.shared.bundles(libraries, node);
  // The kernel's own packages, which stay as they are.
  const installed = dirname(declarations.typeRoot);
  const ownTexts: KeptTexts = new Map();
  const preludeFile = join(declarations.libraries, preludeName);
  const subfolders = (path: string): string[] =>
    sys.directoryExists(real(path)) ? sys.getDirectories(real(path)) : [];
  const isOfUser = (path: string): boolean =>
    !path.includes("/node_modules/") && !path.startsWith(declarations.libraries);
  const host: ts.LanguageServiceHost & ts.ModuleResolutionHost = {
    getCompilationSettings: () => compilerOptions,
    getScriptFileNames: () => [preludeFile, node, ...texts.keys()],
    getScriptVersion: (path) => texts.get(path)?.version ?? (isOfUser(path) ? versionOnDisk(path) : "1"),
    getScriptSnapshot: createSnapshots(compiler, {
      kept: (path) => (path.startsWith(installed) ? options.shared.texts : ownTexts),
      version: (path) => host.getScriptVersion(path),
      read: (path) =>
        path === preludeFile ? prelude : (texts.get(path)?.text ?? bundles.textOf(path) ?? sys.readFile(real(path))),
    }),
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: (given) => join(declarations.libraries, compiler.getDefaultLibFileName(given)),
    useCaseSensitiveFileNames: () => true,
    fileExists: (path) => texts.has(path) || path === preludeFile || sys.fileExists(real(path)),
    readFile: (path: string, encoding?: string) => texts.get(path)?.text ?? sys.readFile(real(path), encoding),
    // The packages of the kernel seem to lie in the working folder, which may have no node_modules of its own.
    directoryExists: (path) => isOwnModules(path) || sys.directoryExists(real(path)),
    getDirectories: (path) => [...subfolders(path), ...(isOwnModules(path) ? folders.names() : [])],
    readDirectory: (path, ...rest) => sys.readDirectory(real(path), ...rest),
    realpath: (path) => (real(path) === path ? (sys.realpath?.(path) ?? path) : path),
  };
  const find: Resolve = (name, from) => compiler.resolveModuleName(name, from, compilerOptions, host);
  const ownResolutions: Resolutions = new Map();
  const resolve = keepResolutions(find, (from) =>
    from.startsWith(installed) ? options.shared.resolutions : ownResolutions,
  );
  const remember = createMemory({ texts, imports, aliases }, Object.keys(compilerOptions.paths ?? {}), isOfUser);
  host.resolveModuleNameLiterals = (literals, from) => {
    const resolved = literals.map(({ text }) => ofBundles(compiler, bundles, text) ?? resolve(text, from));
    if (isOfUser(from)) remember(from, literals, resolved);
    return resolved;
  };
  // Used for nothing but the `type` in the package.json above a file, which the compiler would read anew for every file
  // of every program.
  const formats = compiler.createModuleResolutionCache(folder, (path) => path, compilerOptions);
  const more = { getModuleResolutionCache: () => formats, ...rareResolutions(compiler, host) };
  return { host: Object.assign(host, more), bundles };
}

/** What the user has installed comes first. The kernel's own packages are seen from its own notebooks, too. */
function typeRootsFor(folder: string, { typeRoot }: Declarations): string[] {
  const own = join(dirname(typeRoot), "@types");
  const above = foldersAbove(folder).map((above) => join(above, "node_modules", "@types"));
  return [...above.filter((root) => root !== own), typeRoot];
}

type Remember = (from: string, literals: readonly { readonly text: string }[], resolved: readonly Resolved[]) => void;

/** Keeps what a file of the user's imports of the user's. */
function createMemory(
  { imports, aliases }: Files,
  patterns: readonly string[],
  isOfUser: (path: string) => boolean,
): Remember {
  return (from, literals, resolved) => {
    const found = resolved.map(({ resolvedModule }) => resolvedModule?.resolvedFileName ?? "");
    imports.set(from, new Set(found.filter((path) => path !== "" && isOfUser(path))));
    for (const [index, { text }] of literals.entries()) {
      const path = found[index] ?? "";
      if (path !== "" && isOfUser(path) && isAlias(text, path, patterns)) aliases.set(text, path);
      else aliases.delete(text);
    }
  };
}

/** A bare name for a file that Node can't load, or that only `paths` knows. */
function isAlias(name: string, path: string, patterns: readonly string[]): boolean {
  if (/^(?:\.{1,2}(?:\/|$)|\/|[A-Za-z]:|file:)/.test(name)) return false;
  if (/\.d\.[mc]?ts$/.test(path)) return false;
  return /\.[mc]?tsx?$/.test(path) || patterns.some((one) => name.startsWith(one.split("*")[0] as string));
}

/** What is declared in a bundle isn't looked for; rare modules of Node's bring their file with them. */
function ofBundles(compiler: TypeScript, bundles: Bundles, name: string): Resolved | undefined {
  const path = bundles.fileOf(name);
  if (path === undefined) return undefined;
  const found = { resolvedFileName: path ?? "", extension: compiler.Extension.Dts, isExternalLibraryImport: true };
  return { resolvedModule: path === null ? undefined : found } as Resolved;
}

type KeptTexts = Map<string, { readonly version: string; readonly snapshot: ts.IScriptSnapshot }>;

/** A program reads all files at every change. Files with the same version are not read again. */
function createSnapshots(
  compiler: TypeScript,
  files: {
    kept(path: string): KeptTexts;
    version(path: string): string;
    read(path: string): string | undefined;
  },
): (path: string) => ts.IScriptSnapshot | undefined {
  return (path) => {
    const version = files.version(path);
    const kept = files.kept(path);
    const known = kept.get(path);
    if (known?.version === version) return known.snapshot;
    const text = files.read(path);
    if (text === undefined) return undefined;
    const snapshot = compiler.ScriptSnapshot.fromString(text);
    kept.set(path, { version, snapshot });
    return snapshot;
  };
}

function foldersAbove(folder: string): string[] {
  return folder === dirname(folder) ? [folder] : [folder, ...foldersAbove(dirname(folder))];
}

function versionOnDisk(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "none" : `${found.mtimeMs}-${found.size}`;
}
