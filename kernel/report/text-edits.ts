/** Text put in at an offset, with `remove` characters taken away there. */
export interface Edit {
  readonly at: number;
  readonly remove?: number;
  readonly insert: string;
  /** It ends something, such as a closing bracket. It comes before edits that begin at the same offset. */
  readonly closes?: true;
  /** It replaces text of the cell, such as `exports.a` for `a`, so the debugger treats it as the cell's own. */
  readonly own?: true;
}

export interface EditedText {
  readonly original: string;
  readonly text: string;
  /**
   * Offset in the original text for an offset in the edited one; inside inserted text: the place where it was put in.
   */
  toOriginal(offset: number): number;
  /** Whether the character at an offset of the edited text was put in, by an edit that isn't `own`. */
  isInserted(offset: number): boolean;
}

/**
 * Applies edits that don't overlap. At the same offset those that close something come first; apart from that they keep
 * the order in which they are given: what lies outside opens first and closes last.
 */
export function applyEdits(text: string, edits: readonly Edit[]): EditedText {
  const sorted = [...edits].sort((a, b) => a.at - b.at || Number(b.closes ?? false) - Number(a.closes ?? false));
  const pieces: string[] = [];
  const starts: { readonly edited: number; readonly original: number; readonly by?: Edit }[] = [];
  let taken = 0;
  let edited = 0;
  const push = (piece: string, from: number, by?: Edit): void => {
    if (piece === "") return;
    starts.push({ edited, original: from, ...(by === undefined ? {} : { by }) });
    pieces.push(piece);
    edited += piece.length;
  };
  for (const edit of sorted) {
    push(text.slice(taken, edit.at), taken);
    push(edit.insert, edit.at, edit);
    taken = edit.at + (edit.remove ?? 0);
  }
  push(text.slice(taken), taken);
  const pieceAt = (offset: number) => starts.findLast((candidate) => candidate.edited <= offset);
  return {
    original: text,
    text: pieces.join(""),
    toOriginal(offset) {
      const start = pieceAt(offset);
      if (start === undefined) return 0;
      return start.by !== undefined ? start.original : start.original + (offset - start.edited);
    },
    isInserted(offset) {
      const by = pieceAt(offset)?.by;
      return by !== undefined && by.own !== true;
    },
  };
}

/** Zero-based line and column, in UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length - 1, column: offset - lineStart };
}

export function offsetOf(text: string, place: Place): number {
  let offset = 0;
  for (let line = 0; line < place.line; line++) {
    const end = text.indexOf("\n", offset);
    if (end < 0) return text.length;
    offset = end + 1;
  }
  return Math.min(offset + place.column, text.length);
}
