import type ts from "typescript";
import { ownsCode, type TypeScript } from "../../guards.js";
import { isAssigned, isBrief } from "../../loop-body.js";
import { isUnbroken, type LoopFrames, loopOf } from "../../loop-guards.js";
import { localName, symbolOf } from "../../own-names.js";
import type { Checked } from "../program/language.js";
import { topLevelNames } from "./meaning.js";
import type { CellSyntax } from "./syntax.js";

/** What loops of a cell keep in locals while they run. */
export interface LoopPlan {
  readonly frames: LoopFrames;
  /** Uses of variables of earlier cells that are uses of such locals. */
  readonly locals: ReadonlySet<ts.Node>;
  /** See `CellScript.captures`. */
  readonly captures: ReadonlySet<string>;
}

interface Given {
  readonly syntax: CellSyntax;
  readonly checked: Checked;
  readonly earlier: { readonly names: EarlierNames; readonly captures: ReadonlySet<string> };
}

type EarlierNames = ReadonlyMap<
  string,
  readonly { readonly text: string; readonly value: boolean; readonly ambient: boolean }[]
>;

/** A variable that lives in `exports`. */
interface Variable {
  readonly name: string;
  /**
   * Variables of this cell are its `own`. Of earlier ones, `let` may be assigned anywhere, and what is `fixed` only
   * declared anew; imports are asked for at every use.
   */
  readonly kind: "own" | "let" | "fixed" | "other";
}

interface Use extends Variable {
  isAssigned: boolean;
  isInFunction: boolean;
  readonly nodes: ts.Node[];
}

interface Root {
  readonly statement: ts.Node;
  readonly uses: Map<string, Use>;
}

/** Code that may reach the variables by other ways than their names. */
const mayReachAll = /\b(?:exports|eval|Function)\b|\$cell/;

/**
 * A loop outside of functions that doesn't await keeps variables of cells in locals, which V8 holds in registers. What
 * the loop assigns is put back in `finally`, before any other code can run: at its end, after a throw, and after an
 * interrupt. A variable stays in `exports` if a function of any cell could read or change it meanwhile. SIGINT may end
 * a call that doesn't return, and V8 runs no `finally` then: a loop with such calls only reads from locals.
 */
export function planLoops(compiler: TypeScript, given: Given): LoopPlan {
  const { file, program } = given.checked;
  const captures = new Set<string>();
  const roots = rootsOf(compiler, given, captures);
  if (mayReachAll.test(given.syntax.text)) captures.add("*");
  const all = new Set([...given.earlier.captures, ...captures]);
  const frames = new Map<number, { open: string; close: string }>();
  const locals = new Set<ts.Node>();
  for (const { statement, uses } of all.has("*") ? [] : roots) {
    const isBriefLoop = isBrief(compiler, statement, program.getTypeChecker());
    const kept = [...uses.values()].filter((use) => maybeLocal(use, all) && (!use.isAssigned || isBriefLoop));
    if (kept.length === 0) continue;
    for (const node of kept.flatMap(({ nodes }) => nodes)) locals.add(node);
    frames.set(statement.getStart(file), frameOf(kept));
  }
  return { frames, locals, captures };
}

function maybeLocal({ name, kind, isAssigned, isInFunction }: Use, captures: ReadonlySet<string>): boolean {
  if (kind === "other" || captures.has(`${name}=`) || (kind === "own" && isInFunction)) return false;
  return !isAssigned || (kind !== "fixed" && !captures.has(name));
}

function frameOf(kept: readonly Use[]): { open: string; close: string } {
  const read = kept.map(({ name }) => `${name}=exports.${name}`).join();
  const assigned = kept.filter((use) => use.isAssigned);
  if (assigned.length === 0) return { open: `{let ${read};`, close: "}" };
  const back = assigned.map(({ name }) => `exports.${name}=${name};`).join("");
  return { open: `{let ${read};try{`, close: `}finally{${back}}}` };
}

/** The outermost loops with the variables that they use; adds what functions use to `captures`. */
function rootsOf(compiler: TypeScript, given: Given, captures: Set<string>): Root[] {
  const { file } = given.checked;
  const variableOf = variablesIn(compiler, given);
  const roots: Root[] = [];
  const noteUse = (node: ts.Identifier, inFunction: boolean, root: Root | undefined): void => {
    const variable = variableOf(node);
    if (variable === undefined) return;
    const assigned = isAssigned(compiler, node);
    if (inFunction) captures.add(variable.name);
    if (inFunction && assigned) captures.add(`${variable.name}=`);
    if (root === undefined) return;
    const use = root.uses.get(variable.name) ?? { ...variable, isAssigned: false, isInFunction: false, nodes: [] };
    root.uses.set(variable.name, use);
    use.isAssigned ||= assigned;
    use.isInFunction ||= inFunction;
    if (!inFunction) use.nodes.push(node);
  };
  const visit = (node: ts.Node, inFunction: boolean, root: Root | undefined): void => {
    // Behind the cell stands what is there for the type checker only.
    if (node !== file && node.getStart(file) >= given.syntax.text.length) return;
    if (compiler.isIdentifier(node)) noteUse(node, inFunction, root);
    const isInner = inFunction || ownsCode(compiler, node);
    const loop = root === undefined && !isInner ? loopOf(compiler, node) : undefined;
    const own = loop !== undefined && isUnbroken(compiler, loop) ? { statement: node, uses: new Map() } : undefined;
    if (own !== undefined) roots.push(own);
    compiler.forEachChild(node, (child) => visit(child, isInner, root ?? own));
  };
  visit(file, false, undefined);
  return roots;
}

function variablesIn(
  compiler: TypeScript,
  { syntax, checked, earlier }: Given,
): (node: ts.Identifier) => Variable | undefined {
  const { file, program } = checked;
  const checker = program.getTypeChecker();
  const ownNames = new Set(syntax.declared.filter(({ kind, ambient }) => kind === "let" && !ambient).map(named));
  const known = topLevelNames(checked.earlier);
  const symbolIn = (table: ts.SymbolTable, name: string) => table.get(compiler.escapeLeadingUnderscores(name));
  return (node) => {
    const name = node.text;
    if (localName(name) !== name) return undefined;
    const isOwn = ownNames.has(name);
    const found = isOwn ? undefined : earlier.names.get(name)?.find(({ value, ambient }) => value && !ambient);
    const kind = isOwn ? "own" : found === undefined ? undefined : kindOf(found.text);
    if (kind === undefined) return undefined;
    const symbol = symbolIn(isOwn ? topLevelNames(file) : known, name);
    return symbol !== undefined && symbolOf(compiler, checker, node) === symbol ? { name, kind } : undefined;
  };
}

function named({ name }: { readonly name: string }): string {
  return name;
}

function kindOf(declaration: string): Variable["kind"] {
  const text = declaration.replace(/^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)*/, "");
  if (/^(?:export )?declare (?:let|var) /.test(text)) return "let";
  const isFixed = /^(?:export )?declare (?:const|(?:async )?function|(?:abstract )?class|(?:const )?enum)\b/.test(text);
  return isFixed ? "fixed" : "other";
}
