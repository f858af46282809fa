import { type CutFinder, WikitextCuts } from "../../src/data/text/cuts.js";
import { cleanWikitext, pieceBounds } from "../../src/data/text/wikitext.js";
import { startOfText } from "../../src/data/text/wikitext-pairs.js";

/** Feeds a text to a cut finder in blocks of `blockBytes`. */
export function findCuts<T extends CutFinder>(finder: T, text: Buffer, blockBytes: number): T {
  for (let at = 0; at < text.length; at += blockBytes) finder.push(text.subarray(at, at + blockBytes));
  return finder;
}

/** The pieces of a WikiText, cut into parts of at least `chunkBytes` that are cleaned each by itself. */
export function piecesOfParts(text: string, { chunkBytes, blockBytes }: { chunkBytes: number; blockBytes: number }) {
  const bytes = Buffer.from(text);
  const { cuts, totals } = findCuts(new WikitextCuts(chunkBytes), bytes, blockBytes);
  const starts = [{ offset: 0, state: startOfText }, ...cuts];
  const pieces = starts.flatMap(({ offset, state = startOfText }, i) => {
    const part = Buffer.from(bytes.subarray(offset, starts[i + 1]?.offset ?? bytes.length));
    const cleaned = cleanWikitext(part, { state, totals });
    const bounds = pieceBounds(cleaned);
    return Array.from({ length: bounds.length / 2 }, (_, k) =>
      cleaned.toString("utf8", bounds[2 * k], bounds[2 * k + 1]),
    );
  });
  return { pieces, parts: starts.length };
}
