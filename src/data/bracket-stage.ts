import { DataError } from "../core/error.js";
import { leadingSpace, trailingSpace } from "./python-space.js";
import type { TextStage } from "./text-stage.js";

export interface BracketRule {
  readonly open: string;
  readonly close: string;
  /** How many `close` characters the whole text holds; only with it can a stream know that an opener stays alone. */
  readonly total: number;
}

/**
 * Drops the whitespace just inside a pair: the regular expression `\(\s*([^\)]*?)\s*\)` → `(\1)` applied to the whole text, so that pairs
 * reach across lines and an opener pairs with the next closer whatever lies between. An opener without any closer after it stays as it is.
 * Memory: one run of whitespace.
 */
export function bracketStage({ open, close, total }: BracketRule): TextStage {
  let seen = 0;
  let inside = false;
  let atStart = false;
  let spaces = "";

  function outsidePart(text: string): string {
    const at = text.indexOf(open);
    const part = at < 0 ? text : text.slice(0, at + 1);
    seen += countOf(close, part);
    inside = at >= 0 && seen < total;
    atStart = inside;
    return part;
  }

  /** Content up to the closer; `taken` is how much of the text it used up. */
  function insidePart(text: string): { readonly output: string; readonly taken: number } {
    const skipped = atStart ? leadingSpace(text) : 0;
    if (skipped === text.length) return { output: "", taken: skipped };
    atStart = false;
    const at = text.indexOf(close, skipped);
    const content = text.slice(skipped, at < 0 ? undefined : at);
    const tail = trailingSpace(content);
    const output = tail === content.length ? "" : spaces + content.slice(0, content.length - tail);
    if (at >= 0) {
      spaces = "";
      inside = false;
      seen += 1;
      return { output: output + close, taken: at + 1 };
    }
    spaces = (output === "" ? spaces : "") + content.slice(content.length - tail);
    return { output, taken: text.length };
  }

  return {
    push(text) {
      let output = "";
      let rest = text;
      while (rest !== "") {
        if (inside) {
          const part = insidePart(rest);
          output += part.output;
          rest = rest.slice(part.taken);
        } else {
          const part = outsidePart(rest);
          output += part;
          rest = rest.slice(part.length);
        }
      }
      return output;
    },
    finish() {
      if (seen === total) return "";
      throw new DataError("INPUT_CHANGED", `the input held ${total} "${close}" when it was counted, now ${seen}`, {
        hint: "wait until the file is complete and run the cell again",
        details: { character: close, counted: total, found: seen },
      });
    },
  };
}

function countOf(character: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++;
  return count;
}
