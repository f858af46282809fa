import { createRequire } from "node:module";
import { dirname } from "node:path";
import { describeCompleteness, describeCompletion, describeInspection, inspectionOffsets } from "./assist.js";
import { installStackMapping } from "./cell-source.js";
import { adaptCompiler, type CompilerSettings, type EmittedMaps } from "./compiler.js";
import { type Converted, type Converter, cellDiagnostics, type Prepared, prepare } from "./conversion.js";
import { aliveDeclarations } from "./declarations.js";
import type { Evaluator, Failure, Outcome } from "./evaluator.js";
import { describeDiagnostics, describeFailure } from "./failure.js";
import { createInterrupts, interruptOf } from "./interrupt.js";
import { type CellModules, createCellModules, createPackageFolders, type Require } from "./resolve.js";
import type { TypeScript } from "./rewrite.js";

export interface EvaluatorOptions {
  /** Cells import from here first; relative imports start here. */
  readonly workingDirectory: string;
  /** Where imports are looked up after the user's own folders: each a package (has a package.json) or a folder of packages (like node_modules). */
  readonly packages: readonly string[];
  /**
   * Element 0 is set to 1 by the thread that receives interrupt requests and set to 0 by whoever begins a cell and by the engine when a cell is
   * over; loops of cells read it at every turn, and a cell that begins while it is 1 is interrupted at once. That thread then also
   * causes `interrupt()` on the main thread (for cells that await) and may send SIGINT to the process (for synchronous code without loops).
   */
  readonly interruptFlag: Int32Array;
}

/** tslab's executor (tslab/dist/executor.js). It hands raw values to `console.log` and raw errors to `console.error`. */
interface Executor {
  execute(code: string): Promise<boolean>;
  interrupt(): void;
  close(): void;
}

interface Engine {
  readonly compiler: TypeScript;
  readonly createConverter: (options: { isJS: boolean; isBrowser: boolean }) => Converter;
  readonly createExecutor: (
    folder: string,
    converters: { node: Pick<Converter, "convert">; browser: undefined; close(): void },
    console: { log(value: unknown): void; error(...given: unknown[]): void },
  ) => Executor;
  readonly typeRoot: string | undefined;
}

let engine: Engine | undefined;
let settings: CompilerSettings;

/** Loads tslab with our view of the compiler in place of its own. */
function loadEngine(): Engine {
  if (engine !== undefined) return engine;
  const require = createRequire(import.meta.url);
  const ofTslab = createRequire(require.resolve("tslab/package.json"));
  const compilerFile = ofTslab.resolve("@tslab/typescript-for-tslab");
  const compiler = ofTslab(compilerFile) as TypeScript;
  const module = ofTslab.cache[compilerFile];
  if (module === undefined) throw new Error(`Node keeps no record of ${compilerFile}; the language engine needs it.`);
  module.exports = adaptCompiler(compiler, () => settings);
  engine = {
    compiler,
    createConverter: require("tslab/dist/converter").createConverter,
    createExecutor: require("tslab/dist/executor").createExecutor,
    typeRoot: folderOfTypes(ofTslab),
  };
  return engine;
}

function folderOfTypes(require: NodeJS.Require): string | undefined {
  try {
    return dirname(dirname(require.resolve("@types/node/package.json")));
  } catch {
    return undefined;
  }
}

/** Loads the language engine (1–2 s, blocks this thread) and makes it ready for the first cell. */
export async function createEvaluator(options: EvaluatorOptions): Promise<Evaluator> {
  const { compiler, createConverter, createExecutor, typeRoot } = loadEngine();
  const folders = createPackageFolders(options);
  const maps: EmittedMaps = { toModule: undefined, live: undefined, toScript: undefined };
  const modules = createCellModules(folders);
  installStackMapping();
  settings = { folders, typeRoot, maps };
  const converter = createConverter({ isJS: false, isBrowser: false });
  let declarations = "";
  let prepared: Prepared | undefined;
  const locals: Record<string, unknown> = Object.create(null);
  const run = createRunner({ createExecutor, options, modules, locals, converted: () => prepared?.converted });
  const interrupts = createInterrupts(options.interruptFlag, {
    extra: { load: modules.load, wrap: modules.wrap, meta: modules.meta, locals, define: defineLocal },
  });

  const execute = async (code: string): Promise<Outcome> => {
    const cell = prepare({ compiler, converter, maps, declarations, code });
    const diagnostics = cellDiagnostics(cell);
    if (diagnostics.length > 0) return failed(describeDiagnostics(diagnostics, cell));
    prepared = cell;
    try {
      return await interrupts.race(async () => {
        await modules.prepare(cell.fixed.imports);
        const value = await run.execute();
        declarations = cell.converted.declOutput ?? "";
        return value === undefined ? { status: "ok" } : { status: "ok", result: { value } };
      });
    } catch (error) {
      const alive = (name: string): boolean => locals[name] !== undefined;
      declarations = aliveDeclarations(compiler, cell.converted.declOutput ?? "", alive);
      return failed(describeFailure(interruptOf(error) ?? error));
    }
  };

  converter.convert("", "0");
  return {
    execute: (code) => execute(code).catch((error) => failed(describeFailure(error))),
    complete: (code, cursor) => describeCompletion(converter.complete(declarations, code, cursor), code, cursor),
    inspect(code, cursor, detail) {
      for (const offset of inspectionOffsets(compiler, code, cursor)) {
        const info = converter.inspect(declarations, code, offset);
        if (info !== undefined) return describeInspection(info, detail);
      }
      return undefined;
    },
    isComplete: (code) => describeCompleteness(compiler, code),
    interrupt() {
      interrupts.interrupt();
      run.interrupt();
    },
    close() {
      converter.close();
    },
  };
}

function failed(failure: Failure): Outcome {
  return { status: "error", failure };
}

interface Runner {
  /** Runs what `converted` gives and resolves with the value of the last expression. */
  execute(): Promise<unknown>;
  interrupt(): void;
}

/** tslab's executor with a promise that settles as the cell does. */
function createRunner(given: {
  readonly createExecutor: Engine["createExecutor"];
  readonly options: EvaluatorOptions;
  readonly modules: CellModules;
  readonly locals: Record<string, unknown>;
  readonly converted: () => Converted | undefined;
}): Runner {
  let error: { readonly thrown: unknown } | undefined;
  const node = { convert: () => given.converted() ?? { diagnostics: [] } };
  const console = {
    log() {},
    error(thrown: unknown) {
      error = { thrown };
    },
  };
  const converters = { node, browser: undefined, close() {} };
  const executor = given.createExecutor(given.options.workingDirectory, converters, console);
  const shared = (globalThis as unknown as { __tslab__: { require: Require } }).__tslab__;
  shared.require = given.modules.wrap(shared.require);
  return {
    interrupt: () => executor.interrupt(),
    async execute() {
      error = undefined;
      const last = given.converted()?.lastExpressionVar;
      await executor.execute("");
      if (error !== undefined) throw (error as { readonly thrown: unknown }).thrown;
      if (!last) return undefined;
      const value = given.locals[last];
      given.locals[last] = undefined;
      return value ?? undefined;
    },
  };
}

/** What `Object.defineProperty(exports, …)` is for the variables of cells: imports are plain variables too, which later cells may replace. */
function defineLocal(locals: Record<string, unknown>, name: string, property: PropertyDescriptor): void {
  if (name !== "__esModule") locals[name] = property.get === undefined ? property.value : property.get();
}
