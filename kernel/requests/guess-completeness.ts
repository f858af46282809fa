import type { Completeness } from "../evaluate/evaluator.js";

/** Comments, strings, and regular expressions without line ends, which hide brackets; or one character. */
const comment = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/;
const quoted = /"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/;
const pattern = /(?<=(?:^|[=(,:;!&|?{}[\n])\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//;
const piece = new RegExp([comment, quoted, pattern, /[\s\S]/].map(({ source }) => source).join("|"), "g");
const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * What can be said of a cell without a parser, by its brackets: whether something is still open. Consoles wait for an
 * answer one second at most (and never ask again after that), which may be less than what the evaluator takes to start.
 */
export function guessCompleteness(code: string): Completeness {
  const open = stillOpen(code);
  if (open === undefined) return { status: "unknown" };
  const line = code.trimEnd().split("\n").at(-1) ?? "";
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  return { status: "incomplete", indent: /[{([]$/.test(line) ? `${indent}  ` : indent };
}

/**
 * What has to be closed next: a bracket, "`" or "*"; undefined if nothing, or if a bracket is closed that was never
 * opened.
 */
function stillOpen(code: string): string | undefined {
  const stack: string[] = [];
  let template = false;
  for (let [text] = [""], at = 0; at < code.length; at += text.length) {
    if (template) {
      [text] = /^(?:\\[\s\S]|\$\{|[\s\S])/.exec(code.slice(at, at + 2)) ?? [code[at] as string];
      if (text === "`") stack.pop();
      else if (text === "${") stack.push("$}");
    } else {
      piece.lastIndex = at;
      [text] = piece.exec(code) as RegExpExecArray;
      if (text.startsWith("/*") && (text.length < 4 || !text.endsWith("*/"))) return "*";
      if (text === "`") stack.push("`");
      else if (closing[text] !== undefined) stack.push(closing[text] as string);
      else if (/^[)\]}]$/.test(text) && stack.pop()?.at(-1) !== text) return undefined;
    }
    template = stack.at(-1) === "`";
  }
  return stack.at(-1);
}
