import typescript from "typescript";
import type { Source } from "./sources.js";

const parse = ({ path, text }: Source) => typescript.createSourceFile(path, text, typescript.ScriptTarget.Latest, true);

/** The nodes of a file for which `isFound` holds, each with its place. */
function nodesWhere<T extends typescript.Node>(
  source: Source,
  isFound: (node: typescript.Node) => node is T,
): { readonly node: T; readonly at: string }[] {
  const file = parse(source);
  const found: T[] = [];
  const enter = (node: typescript.Node): void => {
    if (isFound(node)) found.push(node);
    typescript.forEachChild(node, enter);
  };
  enter(file);
  const line = (node: T): number => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  return found.map((node) => ({ node, at: `${source.path}:${line(node)}` }));
}

/** The title of a test stands on one line, so that a search finds it. */
const isTitle = (line: string): boolean =>
  /^\s*(?:(?:it|test|describe)\b[^"'`]*|\]\)\()?["'`].*["'`], (?:async )?\(/.test(line);

/** Lines of more than 120 characters. */
export function longLines({ path, text }: Source): string[] {
  const isLong = (line: string): boolean => line.length > 120 && !isTitle(line);
  return text.split("\n").flatMap((line, index) => (isLong(line) ? [`${path}:${index + 1}`] : []));
}

/** Functions, methods, constructors, and arrow functions with more than three positional parameters. */
export function crowdedCalls(source: Source): string[] {
  return nodesWhere(source, typescript.isFunctionLike).flatMap(({ node, at }) => {
    const count = node.parameters.filter((parameter) => parameter.name.getText() !== "this").length;
    return count > 3 && !typescript.isFunctionTypeNode(node) ? [`${at}: ${count} parameters`] : [];
  });
}

const isLoop = (node: typescript.Node): boolean =>
  typescript.isWhileStatement(node) ||
  typescript.isForStatement(node) ||
  typescript.isForOfStatement(node) ||
  typescript.isDoStatement(node);

/** True inside a loop of the same function: it asks again and again for something, and does not simply wait. */
function asksAgain(node: typescript.Node): boolean {
  for (let above = node.parent; above !== undefined; above = above.parent) {
    if (isLoop(above)) return true;
    if (typescript.isFunctionLike(above)) return false;
  }
  return false;
}

/** Places outside of loops that await a timer alone: `await new Promise((done) => setTimeout(done, 500))`. */
export function fixedSleeps(source: Source): string[] {
  if (!source.text.includes("setTimeout")) return [];
  const timers = /import \{[^}]*\bsetTimeout(?: as (\w+))?[^}]*\} from "node:timers\/promises"/.exec(source.text);
  const wait = timers === null ? undefined : (timers[1] ?? "setTimeout");
  return nodesWhere(source, typescript.isAwaitExpression).flatMap(({ node, at }) => {
    const text = node.expression.getText();
    const alone = /^new Promise(<\w+>)?\(\(?(\w+)\)? => (void )?setTimeout\(\2, [\w.]+\)\)$/.test(text);
    const sleeps = alone || (wait !== undefined && text.startsWith(`${wait}(`));
    return sleeps && !asksAgain(node) ? [at] : [];
  });
}

/** Tests that may fail and be tried again, or that don't run. */
export function weakTests(source: Source): string[] {
  if (!/\bretry\b|\.(?:skip|todo|only|fails)\b/.test(source.text)) return [];
  const retried = nodesWhere(source, typescript.isPropertyAssignment).filter(
    ({ node }) => node.name.getText() === "retry",
  );
  const weak = nodesWhere(source, typescript.isCallExpression).filter(({ node }) =>
    /^(?:it|test|describe)\.(?:skip|todo|only|fails)$/.test(node.expression.getText()),
  );
  return [...retried, ...weak].map(({ node, at }) => `${at}: ${node.getText().slice(0, 40)}`);
}
