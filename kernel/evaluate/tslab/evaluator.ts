import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { Script } from "node:vm";
import { interruptOf } from "../../cell/keyboard-interrupt.js";
import type { Failure } from "../../report/failure.js";
import { describeFailure } from "../../report/failure.js";
import { describeDiagnostics } from "../../report/refusal.js";
import { describeScript } from "../../report/sources.js";
import { installStackMapping } from "../../report/stack.js";
import { describeCompleteness, describeCompletion, describeInspection, inspectionOffsets } from "../assist.js";
import type { Evaluator, EvaluatorOptions, Outcome } from "../evaluator.js";
import type { TypeScript } from "../guards.js";
import { createPackageFolders } from "../package-folders.js";
import { createInterrupts } from "../run/interrupt.js";
import { type CellModules, createCellModules, type Require } from "../run/resolve.js";
import { createVariables } from "../run/variables.js";
import { adaptCompiler, type CompilerSettings, type EmittedMaps } from "./compiler.js";
import { type Converted, type Converter, cellDiagnostics, type Prepared, prepare } from "./conversion.js";
import { aliveDeclarations, mergeDeclarations } from "./declarations.js";

/**
 * tslab's executor (tslab/dist/executor.js). It hands raw values to `console.log` and raw errors to `console.error`.
 */
interface Executor {
  execute(code: string): Promise<boolean>;
  interrupt(): void;
  close(): void;
}

interface Tslab {
  readonly compiler: TypeScript;
  readonly createConverter: (options: { isJS: boolean; isBrowser: boolean }) => Converter;
  readonly createExecutor: (
    folder: string,
    converters: { node: Pick<Converter, "convert">; browser: undefined; close(): void },
    console: { log(value: unknown): void; error(...given: unknown[]): void },
  ) => Executor;
  readonly typeRoot: string | undefined;
}

let tslab: Tslab | undefined;
let settings: CompilerSettings;

/** Loads tslab with our view of the compiler in place of its own. */
function loadTslab(): Tslab {
  if (tslab !== undefined) return tslab;
  const require = createRequire(import.meta.url);
  const ofTslab = createRequire(require.resolve("tslab/package.json"));
  const compilerFile = ofTslab.resolve("@tslab/typescript-for-tslab");
  const compiler = ofTslab(compilerFile) as TypeScript;
  const module = ofTslab.cache[compilerFile];
  if (module === undefined) throw new Error(`expected ${compilerFile} in Node's module cache, found none`);
  module.exports = adaptCompiler(compiler, () => settings);
  tslab = {
    compiler,
    createConverter: require("tslab/dist/converter").createConverter,
    createExecutor: require("tslab/dist/executor").createExecutor,
    typeRoot: folderOfTypes(ofTslab),
  };
  return tslab;
}

function folderOfTypes(require: NodeJS.Require): string | undefined {
  try {
    return dirname(dirname(require.resolve("@types/node/package.json")));
  } catch {
    return undefined;
  }
}

/** Loads tslab (1–2 s, blocks this thread) and makes it ready for the first cell. */
export async function createEvaluator(options: EvaluatorOptions): Promise<Evaluator> {
  const { compiler, createConverter, createExecutor, typeRoot } = loadTslab();
  const folders = createPackageFolders(options);
  const maps: EmittedMaps = { toModule: undefined, live: undefined, toScript: undefined };
  const modules = createCellModules(folders);
  installStackMapping();
  settings = { folders, typeRoot, maps };
  const converter = createConverter({ isJS: false, isBrowser: false });
  let declarations = "";
  const locals = createVariables();
  const run = createRunner({ createExecutor, options, modules, locals });
  const interrupts = createInterrupts(options.interruptFlag, {
    extra: { load: modules.load, wrap: modules.wrap, meta: modules.meta, locals, define: defineLocal, describeScript },
  });

  const execute = async (code: string): Promise<Outcome> => {
    const base = declarations;
    const cell = prepare({ compiler, converter, maps, declarations: base, code });
    const diagnostics = cellDiagnostics(cell);
    if (diagnostics.length > 0) return failed(describeDiagnostics(diagnostics, cell));
    const declare = (own: string): void => {
      // Cells of subshells may have ended meanwhile.
      declarations = declarations === base ? own : mergeDeclarations(compiler, { base, own, others: declarations });
    };
    try {
      return await interrupts.race(async () => {
        await modules.prepare(cell.fixed.imports);
        if (options.debugging?.isOn() === true) await showToDebugger(cell, options.debugging);
        // An interrupt that came while something was loaded has ended the cell already.
        interrupts.check();
        const value = await run(cell.converted);
        declare(cell.converted.declOutput ?? "");
        return value === undefined ? { status: "ok" } : { status: "ok", result: { value } };
      });
    } catch (error) {
      const alive = (name: string): boolean => locals[name] !== undefined;
      declare(aliveDeclarations(compiler, cell.converted.declOutput ?? "", alive));
      return failed(describeFailure(interruptOf(error) ?? error));
    }
  };

  converter.convert("", "0");
  return {
    execute: (code) => execute(code).catch((error) => failed(describeFailure(error))),
    complete: async (code, cursor) => describeCompletion(converter.complete(declarations, code, cursor), code, cursor),
    async inspect(code, cursor, detail) {
      for (const offset of inspectionOffsets(compiler, code, cursor)) {
        const info = converter.inspect(declarations, code, offset);
        if (info !== undefined) return describeInspection(info, detail);
      }
      return undefined;
    },
    isComplete: async (code) => describeCompleteness(compiler, code),
    interrupt: () => interrupts.interrupt(),
    close() {
      converter.close();
    },
  };
}

/** Compiles the cell as the executor will, so that its places are known, and waits until its breakpoints are set. */
async function showToDebugger(
  { script, wrapper, converted }: Prepared,
  debugging: NonNullable<EvaluatorOptions["debugging"]>,
): Promise<void> {
  if (script === undefined) return;
  // Gives the function without calling it; only then the inspector tells of the script. Held until the end, as its
  // places go with it.
  const cell: unknown = new Script(`${wrapper}${converted.output}\n})`).runInThisContext();
  await debugging.cellBegins(script);
  void cell;
}

function failed(failure: Failure): Outcome {
  return { status: "error", failure };
}

/**
 * Runs what the converter made of a cell and resolves with the value of its last expression; several may be under way.
 */
type Run = (converted: Converted) => Promise<unknown>;

interface Running {
  readonly converted: Converted;
  error?: { readonly thrown: unknown };
  last?: unknown;
}

/** tslab's executor with a promise that settles as the cell does. */
function createRunner(given: {
  readonly createExecutor: Tslab["createExecutor"];
  readonly options: EvaluatorOptions;
  readonly modules: CellModules;
  readonly locals: Record<string, unknown>;
}): Run {
  const storage = new AsyncLocalStorage<Running>();
  const node = { convert: () => storage.getStore()?.converted ?? { diagnostics: [] } };
  const console = {
    log() {},
    error(thrown: unknown) {
      const running = storage.getStore();
      if (running !== undefined) running.error = { thrown };
    },
  };
  const converters = { node, browser: undefined, close() {} };
  const executor = given.createExecutor(given.options.workingDirectory, converters, console);
  const shared = (globalThis as unknown as { __tslab__: { require: Require } }).__tslab__;
  shared.require = given.modules.wrap(shared.require);
  keepLastPerRun(given.locals, storage);
  return async (converted) => {
    const running: Running = { converted };
    await storage.run(running, () => executor.execute(""));
    if (running.error !== undefined) throw running.error.thrown;
    const name = converted.lastExpressionVar;
    if (!name) return undefined;
    const value = name === lastName ? running.last : given.locals[name];
    if (name !== lastName) given.locals[name] = undefined;
    return value;
  };
}

/** Name that the converter gives the value of the last expression, unless the cell has a variable of that name. */
const lastName = "tsLastExpr";

/** Cells that end at the same moment would otherwise take each other's last value. */
function keepLastPerRun(locals: Record<string, unknown>, storage: AsyncLocalStorage<Running>): void {
  Object.defineProperty(locals, lastName, {
    configurable: true,
    get: () => storage.getStore()?.last,
    set(value: unknown) {
      const running = storage.getStore();
      if (running !== undefined) running.last = value;
    },
  });
}

/**
 * What `Object.defineProperty(exports, …)` is for the variables of cells: imports are plain variables too, which later
 * cells may replace.
 */
function defineLocal(locals: Record<string, unknown>, name: string, property: PropertyDescriptor): void {
  if (name !== "__esModule") locals[name] = property.get === undefined ? property.value : property.get();
}
