/** One executed cell: line number within its session, code, and the text of its result once there is one. */
export interface HistoryEntry {
  readonly line: number;
  readonly code: string;
  readonly output: string | null;
}

/**
 * All cells of one session, in the order in which they ran. Sessions are numbered from 1; a later one has a larger
 * number.
 */
export interface SessionHistory {
  readonly session: number;
  readonly entries: readonly HistoryEntry[];
}

/** One line of a session's file: a cell, or the text of the result of an earlier one. */
type FileLine = { readonly line: number; readonly code: string } | { readonly line: number; readonly output: string };

/**
 * Longest code and result (UTF-16 units) that are kept on disk; longer cells are remembered by their own kernel only.
 */
const maxCode = 100_000;
const maxOutput = 10_000;

/** Text to append for a cell that is about to run; undefined for one that is too long to be kept. */
export function formatCell(line: number, code: string): string | undefined {
  return code.length > maxCode ? undefined : `${JSON.stringify({ line, code } satisfies FileLine)}\n`;
}

/** Text to append for the result of a cell; undefined for one that is too long to be kept. */
export function formatOutput(line: number, output: string): string | undefined {
  return output.length > maxOutput ? undefined : `${JSON.stringify({ line, output } satisfies FileLine)}\n`;
}

/**
 * Text of a session's file → its cells. Lines that are not whole (the kernel was killed while it wrote) are left out.
 */
export function parseSessionFile(text: string): HistoryEntry[] {
  const entries = new Map<number, HistoryEntry>();
  for (const one of text.split("\n")) {
    const found = parseLine(one);
    if (found === undefined) continue;
    const { line } = found;
    const known = entries.get(line);
    if ("code" in found) entries.set(line, { line, code: found.code, output: known?.output ?? null });
    else if (known !== undefined) entries.set(line, { ...known, output: found.output });
  }
  return [...entries.values()];
}

function parseLine(text: string): FileLine | undefined {
  try {
    const value = JSON.parse(text) as { line?: unknown; code?: unknown; output?: unknown } | null;
    if (!Number.isSafeInteger(value?.line)) return undefined;
    return typeof value?.code === "string" || typeof value?.output === "string" ? (value as FileLine) : undefined;
  } catch {
    return undefined;
  }
}
