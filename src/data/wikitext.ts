import { bracketStage } from "./bracket-stage.js";
import { leadingSpace } from "./python-space.js";
import { chainStages, patternStage, replaceStage, type TextStage, universalNewlines } from "./text-stage.js";

/** How often each closing character stands in the text that the bracket rules see: see `text-scan.ts`. */
export interface ClosingCounts {
  readonly parenthesis: number;
  readonly bracket: number;
  readonly brace: number;
  readonly doubleQuote: number;
  readonly singleQuote: number;
}

/**
 * The 24 rules that turn WikiText's raw tokens back into prose, in their order, as MindFormers' `wikitext_clean` applies them to a whole
 * file (mindformers/dataset/dataloader/datareaders.py). Here they are one stream: the text may be of any size and cut anywhere.
 */
export function wikitextCleaner(counts: ClosingCounts): TextStage {
  return chainStages([
    universalNewlines(),
    replaceStage("s '", "s'"),
    // The reference writes a regular expression as the replacement text; so do we, to the letter.
    patternStage(/\/' [0-9]\//, /\/(?:'(?: [0-9]?)?)?$/, "/'[0-9]/"),
    ...[" @-@ >-", " @,@ >,", " @.@ >."].map(rule),
    ...[" : >: ", " ; >; ", " . >. ", " ! >! ", " ? >? ", " , >, "].map(rule),
    bracketStage({ open: "(", close: ")", total: counts.parenthesis }),
    bracketStage({ open: "[", close: "]", total: counts.bracket }),
    bracketStage({ open: "{", close: "}", total: counts.brace }),
    bracketStage({ open: '"', close: '"', total: counts.doubleQuote }),
    bracketStage({ open: "'", close: "'", total: counts.singleQuote }),
    ...["= = = =>====", "= = =>===", "= =>=="].map(rule),
    ...[" \u00b0 >\u00b0", " \n>\n", "\n >\n", " N > 1 ", " 's>'s"].map(rule),
  ]);
}

function rule(text: string): TextStage {
  const [from, to] = text.split(">") as [string, string];
  return replaceStage(from, to);
}

/** Cuts cleaned text at every `"\n\n"`, like Python's `text.split("\n\n")`, from a stream. */
export class PieceSplitter {
  #parts: string[] = [];
  #newline = "";

  /** The pieces that this text completes. */
  push(text: string): string[] {
    const found = (this.#newline + text).split("\n\n");
    let rest = found.pop() as string;
    if (found.length > 0) {
      found[0] = this.#parts.join("") + found[0];
      this.#parts = [];
    }
    this.#newline = rest.endsWith("\n") ? "\n" : "";
    if (this.#newline !== "") rest = rest.slice(0, -1);
    if (rest !== "") this.#parts.push(rest);
    return found;
  }

  finish(): string[] {
    return [this.#parts.join("") + this.#newline];
  }
}

/** Pieces that become training text: not empty, and not a heading (first visible character `=`). */
export function isKeptPiece(piece: string): boolean {
  return piece !== "" && piece.charAt(leadingSpace(piece)) !== "=";
}
