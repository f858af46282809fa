import type { Diagnostic } from "./diagnostic.js";

interface Found {
  readonly code: string;
  /** Line of the first finding. */
  readonly line: string;
  readonly first: Diagnostic;
}

/**
 * What to type instead, for those who come from IPython, a browser's console or React; undefined if there is nothing to
 * say.
 */
export function hintFor(code: string, [first]: readonly Diagnostic[]): string | undefined {
  if (first === undefined || first.file !== undefined) return undefined;
  const line = code.split("\n")[first.place.line] ?? "";
  for (const hint of hints) {
    const text = hint({ code, line, first });
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Findings about the syntax have smaller numbers than those about types. */
const isSyntax = ({ code }: Diagnostic): boolean => code < 2000;

const hints: readonly ((found: Found) => string | undefined)[] = [
  ({ line }) => {
    const [, program] = /^\s*!\s*(\w.*?)\s*$/.exec(line) ?? [];
    if (program === undefined) return undefined;
    return `to run a program: require("node:child_process").execSync(${JSON.stringify(program)}, { stdio: "inherit" })`;
  },
  ({ line }) =>
    /^\s*%{1,2}[a-z]/.test(line) ? "lines that begin with % are IPython magics; TypeScript cells have none" : undefined,
  ({ line, first }) =>
    isSyntax(first) && /^\s*(?:\?{1,2}[\w$.]+|[\w$.]+\?{1,2})\s*$/.test(line)
      ? "to see what it is: without the question mark, press Shift-Tab with the cursor in the name"
      : undefined,
  ({ line, first }) =>
    isSyntax(first) && /<\/[A-Za-z]?[\w.]*>|<[A-Za-z][^<>]*\/>/.test(line)
      ? 'this looks like JSX, which needs "jsx": "react-jsx" in a tsconfig.json beside the notebook; ' +
        "to show HTML: display.html(`<b>text</b>`)"
      : undefined,
  ({ code, first }) =>
    isSyntax(first) && /^\s*\{\s*(?:[\w$]+|"[^"]*"|'[^']*')\s*[:,]/.test(code) && /\}\s*$/.test(code)
      ? "an object at the start of a cell needs parentheses, else it is a block: ({ … })"
      : undefined,
  ({ first }) =>
    /^Cannot find name 'Worker'/.test(first.message) ? 'import { Worker } from "node:worker_threads"' : undefined,
  ({ first }) =>
    first.code === 2584
      ? 'for the types of browsers, as the first line of the cell: /// <reference lib="dom" />'
      : undefined,
];
