import type { TokenStream } from "../files/token-blocks.js";

/** A document's tokens, all its sequences together. */
export interface DocumentTokens {
  readonly document: number;
  readonly ids: readonly number[];
}

/** The tokens of the documents in `wanted`, in their order, in one pass. */
export async function* documentTokens(
  stream: TokenStream,
  wanted: ReadonlySet<number>,
): AsyncGenerator<DocumentTokens> {
  const ranges = await sequenceRanges(stream, wanted);
  let at = 0;
  let ids: number[] = [];
  for await (const block of stream.blocks()) {
    let offset = 0;
    for (let i = 0; i < block.lengths.length; i++) {
      const sequence = block.first + i;
      const length = block.lengths[i] as number;
      for (let range = ranges[at]; range && range.end <= sequence; range = ranges[at]) {
        yield { document: range.document, ids };
        ids = [];
        at += 1;
      }
      const range = ranges[at];
      if (!range) return;
      if (sequence >= range.start) for (const id of block.ids.subarray(offset, offset + length)) ids.push(Number(id));
      offset += length;
    }
  }
  for (const { document } of ranges.slice(at)) {
    yield { document, ids };
    ids = [];
  }
}

interface SequenceRange {
  readonly document: number;
  /** First sequence, and the one behind the last. */
  readonly start: number;
  readonly end: number;
}

async function sequenceRanges(stream: TokenStream, wanted: ReadonlySet<number>): Promise<SequenceRange[]> {
  if (!stream.documentEnds)
    return [...wanted].sort((a, b) => a - b).map((document) => ({ document, start: document, end: document + 1 }));
  const ranges: SequenceRange[] = [];
  let document = 0;
  let start = 0;
  for await (const ends of stream.documentEnds())
    for (const value of ends) {
      const end = Number(value);
      if (wanted.has(document)) ranges.push({ document, start, end });
      start = end;
      document += 1;
    }
  return ranges;
}
