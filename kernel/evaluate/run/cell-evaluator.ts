import { basename } from "node:path";
import { Script } from "node:vm";
import { currentCell } from "../../cell/cell-context.js";
import { interruptOf } from "../../cell/keyboard-interrupt.js";
import type { Failure } from "../../report/failure.js";
import { describeFailure } from "../../report/failure.js";
import { placesOf } from "../../report/places.js";
import { describeDiagnostics } from "../../report/refusal.js";
import { describeScript, registerCell, registerFile } from "../../report/sources.js";
import { installStackMapping } from "../../report/stack.js";
import { applyEdits } from "../../report/text-edits.js";
import type { CellScript, ConvertedFile } from "../checker/cell/conversion.js";
import { addNames, anchorNames, type DeclaredName, type DeclaredNames } from "../checker/cell/declared-names.js";
import type { CheckerLink } from "../checker/process/link.js";
import type { CheckerRequest } from "../checker/process/requests.js";
import type { Evaluator, EvaluatorOptions, Outcome } from "../evaluator.js";
import { localName } from "../own-names.js";
import { createArgumentHelp } from "./argument-help.js";
import { createCellPlace } from "./cell-place.js";
import { type Executable, functionText, runCell, wrapperOf } from "./executor.js";
import { compileFile, fileWrapperOf } from "./file-script.js";
import { createInterrupts } from "./interrupt.js";
import { liveMembers } from "./live-members.js";
import { createVariables, liveVariables } from "./variables.js";

/** The evaluator: the type checker, in its own process, checks and translates cells; they run in this one. */
export function createEvaluator(options: EvaluatorOptions, checker: CheckerLink): Evaluator {
  const { debugging } = options;
  installStackMapping();
  const locals = createVariables();
  const { workingDirectory, packages } = options;
  const { declare, captured, reopen } = shareDeclarations(checker, { kind: "open", workingDirectory, packages });
  const place = createCellPlace(options, reopen);
  const shared = { locals, describeScript, live: liveVariables(locals) };
  const extra = Object.defineProperties(shared, Object.getOwnPropertyDescriptors(place.guards));
  const help = createArgumentHelp(locals);
  const interrupts = createInterrupts(options.interruptFlag, { extra });

  const prepare = async ({ files: changed, aliases, ...script }: CellScript, cell: Labeled): Promise<Executable> => {
    place.files.update(changed, aliases);
    for (const file of changed) {
      registerSource(file);
      if (debugging?.isOn() === true) await showFileToDebugger(file, debugging);
    }
    await place.prepare(script.imports);
    const name = registerScript(script, cell);
    const executable = { ...script, javascript: `${script.javascript}\n//# sourceURL=${name}` };
    if (debugging?.isOn() === true) await showToDebugger(name, executable, debugging);
    return executable;
  };

  const execute = async (code: string): Promise<Outcome> => {
    const cell = { code, label: `Cell [${currentCell()?.executionCount ?? 0}]` };
    let declares: readonly DeclaredName[] = [];
    place.follow();
    try {
      return await interrupts.race(async () => {
        const conversion = await checker.ask({ kind: "convert", code }).catch(nameOverflow);
        if (conversion.notice !== undefined) process.stderr.write(`${conversion.notice}\n`);
        if (conversion.script === undefined) return failed(describeDiagnostics(conversion.diagnostics, cell));
        const { script } = conversion;
        captured(script.captures);
        const executable = await prepare(script, cell);
        // An interrupt that came while something was loaded has ended the cell already.
        interrupts.check();
        ({ declares } = script);
        const last = await runCell(executable, locals);
        declare(declares);
        return last?.value === undefined ? { status: "ok" } : { status: "ok", result: last };
      });
    } catch (error) {
      // Later cells may use the variables that have got a value.
      declare(declares.filter(({ name, needsRun }) => !needsRun || locals[localName(name)] !== undefined));
      return failed(describeFailure(interruptOf(error) ?? error));
    }
  };

  return {
    execute: (code) => execute(code).catch((error) => failed(describeFailure(error))),
    complete: async (code, cursor) => {
      place.follow();
      const { place: argument, isInText, ...found } = await checker.ask({ kind: "complete", code, cursor });
      if (argument !== undefined) return help.complete({ place: argument, code, cursor, found });
      if (isInText === true || found.matches.length > 0) return found;
      return liveMembers({ code, cursor, locals }) ?? found;
    },
    inspect: async (code, cursor, detail) => {
      const { place: argument, found } = await checker.ask({ kind: "inspect", code, cursor, detail });
      return (argument && (await help.inspect(argument))) ?? found;
    },
    isComplete: (code) => checker.ask({ kind: "isComplete", code }),
    interrupt: () => interrupts.interrupt(),
    close: () => checker.close(),
  };
}

/** The compiler goes down into every bracket and operator of a cell. */
function nameOverflow(error: unknown): never {
  if (!/^RangeError: Maximum call stack size/.test((error as Error).message)) throw error;
  const named = new RangeError(
    "the cell is nested too deeply to be checked (thousands of nested brackets or operators); " +
      "put parts of it into variables, or keep it as JSON in a file and read that",
  );
  named.stack = String(named);
  throw named;
}

interface Labeled {
  readonly label: string;
  readonly code: string;
}

/** Opens the checker, and keeps what cells have declared for the case that it must be started anew. */
function shareDeclarations(
  checker: CheckerLink,
  first: Extract<CheckerRequest, { kind: "open" }>,
): {
  declare(own: readonly DeclaredName[]): void;
  captured(names: readonly string[]): void;
  reopen(workingDirectory: string): void;
} {
  let names: DeclaredNames = new Map();
  let open = first;
  const captures = new Set<string>();
  checker.restoreWith(() => [open, { kind: "declare", own: [...names.values()].flat(), captures: [...captures] }]);
  const tell = (request: typeof open | Extract<CheckerRequest, { kind: "declare" }>): void => {
    // If the process ends here, the next one receives all declarations.
    checker.ask(request).catch(() => {});
  };
  tell(open);
  return {
    declare(own) {
      if (own.length === 0) return;
      names = addNames(names, own);
      tell({ kind: "declare", own, captures: [] });
    },
    captured(own) {
      for (const one of own) captures.add(one);
    },
    reopen(workingDirectory) {
      names = anchorNames(names, open.workingDirectory);
      open = { ...open, workingDirectory };
      tell(open);
    },
  };
}

function registerScript({ edits, map, awaits }: Omit<CellScript, "files" | "aliases">, cell: Labeled): string {
  const edited = () => applyEdits(cell.code, edits);
  return registerCell({ ...cell, ...placesOf({ edited, map, wrapper: wrapperOf(awaits).length }) });
}

function registerSource({ path, code, edits, map, awaits }: ConvertedFile): void {
  const edited = () => applyEdits(code, edits);
  const wrapper = fileWrapperOf(awaits).length;
  registerFile({ path, code, label: basename(path), ...placesOf({ edited, map, wrapper }) });
}

/** As for a cell. */
async function showFileToDebugger(
  file: ConvertedFile,
  debugging: NonNullable<EvaluatorOptions["debugging"]>,
): Promise<void> {
  const module: unknown = compileFile(file);
  await debugging.cellBegins(file.path);
  void module;
}

/** Compiles the cell as it will be run, so that its places are known, and waits until its breakpoints are set. */
async function showToDebugger(
  name: string,
  executable: Executable,
  debugging: NonNullable<EvaluatorOptions["debugging"]>,
): Promise<void> {
  // Gives the function without calling it; only then the inspector tells of the script. Held until the end, as its
  // places go with it.
  const cell: unknown = new Script(functionText(executable)).runInThisContext();
  await debugging.cellBegins(name);
  void cell;
}

function failed(failure: Failure): Outcome {
  return { status: "error", failure };
}
