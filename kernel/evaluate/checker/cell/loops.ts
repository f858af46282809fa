import type ts from "typescript";
import { keptName, ownsCode, type TypeScript } from "../../guards.js";
import { absent, mostKept } from "../../kept-numbers.js";
import { type Assignment, assignmentOf, oldName, type Wrap } from "../../loop-assignments.js";
import { isAssigned, isBrief, isForgotten } from "../../loop-body.js";
import { isUnbroken, type LoopFrames, loopOf, placeOfNode } from "../../loop-guards.js";
import { isPure } from "../../loop-purity.js";
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
  readonly nodes: ts.Identifier[];
}

interface Root {
  readonly statement: ts.Node;
  readonly uses: Map<string, Use>;
}

/** Names of what reaches the variables by other ways than their names. */
const reachesAll = /^(?:exports|eval|\$cell.*)$/;
/** In texts, from which a program may be made. */
const mayReachAll = "$cell";

/**
 * A loop outside of functions that doesn't await keeps variables of cells in locals, which V8 holds in registers. What
 * the loop assigns is put back in `finally`, before any other code can run: at its end, after a throw, and after an
 * interrupt. A variable stays in `exports` if a function of any cell could read or change it meanwhile. None can while
 * a loop computes with numbers and texts only. SIGINT may end a call that doesn't return, and V8 runs no `finally`
 * then. So a loop with such calls also puts away what it assigns at once, numbers where that costs least.
 */
export function planLoops(compiler: TypeScript, given: Given): LoopPlan {
  const { file, program } = given.checked;
  const captures = new Set<string>();
  const roots = rootsOf(compiler, given, captures);
  if (given.syntax.text.includes(mayReachAll)) captures.add("*");
  const all = new Set([...given.earlier.captures, ...captures]);
  const loops = new Map<number, Wrap>();
  const assignments = new Map<string, Wrap>();
  const locals = new Set<ts.Node>();
  const checker = program.getTypeChecker();
  for (const { statement, uses } of roots) {
    const isAlone = isPure(compiler, statement, checker);
    if (!isAlone && all.has("*")) continue;
    const local = [...uses.values()].filter((use) => maybeLocal(use, isAlone ? none : all));
    const put = isAlone || isBrief(compiler, statement, checker) ? undefined : putAway(compiler, local, checker);
    const kept = local.filter((use) => !use.isAssigned || put === undefined || put.names.includes(use.name));
    if (kept.length === 0) continue;
    for (const node of kept.flatMap(({ nodes }) => nodes)) locals.add(node);
    loops.set(statement.getStart(file), frameOf(kept, put?.numbers));
    for (const [node, wrap] of put?.assignments ?? []) assignments.set(placeOfNode(node), wrap);
  }
  return { frames: { loops, assignments }, locals, captures };
}

const none: ReadonlySet<string> = new Set();

function maybeLocal({ name, kind, isAssigned, isInFunction }: Use, captures: ReadonlySet<string>): boolean {
  if (kind === "other" || captures.has(`${name}=`) || (isInFunction && (kind === "own" || isAssigned))) return false;
  return !isAssigned || (kind !== "fixed" && !captures.has(name));
}

interface PutAway {
  readonly names: readonly string[];
  /** Those that may be numbers, in the order of their places. */
  readonly numbers: readonly string[];
  readonly assignments: ReadonlyMap<ts.Node, Wrap>;
}

/** Assignments to locals that put the value away as well; variables that are assigned in other ways are left out. */
function putAway(compiler: TypeScript, local: readonly Use[], checker: ts.TypeChecker): PutAway {
  const names: string[] = [];
  const numbers: string[] = [];
  const puts = new Map<ts.Node, { readonly wrap: Assignment["wrap"]; readonly texts: Set<string> }>();
  for (const { name, isAssigned: is, nodes } of local) {
    const targets = nodes.filter((node) => isAssigned(compiler, node)).map((node) => assignmentOf(compiler, node));
    const known = targets.filter((one) => one?.wrap("") !== undefined);
    if (!is || known.length < targets.length || numbers.length === mostKept) continue;
    names.push(name);
    const isNumber = nodes.some((node) => mayBeNumber(compiler, checker, node));
    const text = isNumber ? putText(name, numbers.push(name) - 1) : `exports.${name}=${name}`;
    for (const one of known as Assignment[]) {
      const put = puts.get(one.node) ?? { wrap: one.wrap, texts: new Set() };
      puts.set(one.node, put);
      put.texts.add(text);
    }
  }
  const assignments = new Map<ts.Node, Wrap>();
  for (const [node, { wrap, texts }] of puts) {
    const around = wrap([...texts].join());
    if (around !== undefined) assignments.set(node, around);
  }
  return { names, numbers, assignments };
}

function mayBeNumber(compiler: TypeScript, checker: ts.TypeChecker, node: ts.Identifier): boolean {
  const { NumberLike, Any, Unknown, TypeParameter } = compiler.TypeFlags;
  const symbol = symbolOf(compiler, checker, node);
  const type = symbol === undefined ? undefined : checker.getTypeOfSymbolAtLocation(symbol, node);
  const types = type?.isUnion() === true ? type.types : [type];
  return types.some((one) => one === undefined || (one.flags & (NumberLike | Any | Unknown | TypeParameter)) !== 0);
}

/** Its value is that of the variable. */
function putText(name: string, place: number): string {
  const at = `${keptName}[${place}]`;
  return `typeof ${name}=="number"?${at}=${name}:(${at}=${absent},exports.${name}=${name})`;
}

function frameOf(kept: readonly Use[], numbers: readonly string[] | undefined): Wrap {
  const read = kept.map(({ name }) => `${name}=exports.${name}`).join();
  const assigned = kept.filter((use) => use.isAssigned);
  if (assigned.length === 0) return { before: `{let ${read};`, after: "}" };
  const back = assigned.map(({ name }) => `exports.${name}=${name};`).join("");
  if (numbers === undefined) return { before: `{let ${read};try{`, after: `}finally{${back}}}` };
  const places = numbers.map((_, place) => `${keptName}[${place}]=`).join("");
  const [start, end] = numbers.length === 0 ? ["", ""] : [`${places}${absent};${namesText(numbers)}`, namesText([])];
  return { before: `{let ${oldName},${read};${start}try{`, after: `}finally{${back}${end}}}` };
}

function namesText(names: readonly string[]): string {
  return `${keptName}.names="${names.join()}";`;
}

interface Place {
  readonly inFunction: boolean;
  /** In a function that may be called later. */
  readonly isKept: boolean;
  readonly root: Root | undefined;
}

/** The outermost loops with the variables that they use; adds what functions use to `captures`. */
function rootsOf(compiler: TypeScript, given: Given, captures: Set<string>): Root[] {
  const { file, program } = given.checked;
  const checker = program.getTypeChecker();
  const variableOf = variablesIn(compiler, given);
  const roots: Root[] = [];
  const noteUse = (node: ts.Identifier, { inFunction, isKept, root }: Place): void => {
    const variable = variableOf(node);
    if (variable === undefined) return;
    const assigned = isAssigned(compiler, node);
    if (isKept) captures.add(variable.name);
    if (isKept && assigned) captures.add(`${variable.name}=`);
    if (root === undefined) return;
    const use = root.uses.get(variable.name) ?? { ...variable, isAssigned: false, isInFunction: false, nodes: [] };
    root.uses.set(variable.name, use);
    use.isAssigned ||= assigned;
    use.isInFunction ||= inFunction;
    if (!inFunction) use.nodes.push(node);
  };
  const visit = (node: ts.Node, place: Place): void => {
    // The text after the cell is only for the type checker.
    if (node !== file && node.getStart(file) >= given.syntax.text.length) return;
    if (compiler.isIdentifier(node)) {
      if (reachesAll.test(node.text) && !isKey(compiler, node)) captures.add("*");
      noteUse(node, place);
    }
    const isFunction = ownsCode(compiler, node);
    const inFunction = place.inFunction || isFunction;
    const isKept = place.isKept || (isFunction && !isForgotten(compiler, node, checker));
    const loop = place.root === undefined && !inFunction ? loopOf(compiler, node) : undefined;
    const own = loop !== undefined && isUnbroken(compiler, loop) ? { statement: node, uses: new Map() } : undefined;
    if (own !== undefined) roots.push(own);
    const inside = { inFunction, isKept, root: place.root ?? own };
    compiler.forEachChild(node, (child) => visit(child, inside));
  };
  visit(file, { inFunction: false, isKept: false, root: undefined });
  return roots;
}

/** Whether it names a property only: `model.eval()`. */
function isKey(compiler: TypeScript, node: ts.Identifier): boolean {
  const { parent } = node;
  const isMember =
    compiler.isPropertyAccessExpression(parent) ||
    compiler.isPropertyAssignment(parent) ||
    compiler.isClassElement(parent) ||
    compiler.isTypeElement(parent);
  return isMember && parent.name === node;
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
