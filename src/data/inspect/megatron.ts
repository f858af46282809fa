import { throwIfCancelled } from "../../core/cancel.js";
import { headerBytes, readIndexEntry, tokenBytes } from "../../formats/megatron.js";
import { jupyterHost } from "../../view/display-contract.js";
import { type MegatronFacts, type MegatronSources, withKnownMegatron } from "../files/megatron-files.js";
import { megatronDocumentEnds, megatronStream, tokenArray } from "../files/token-blocks.js";
import type { KnownTokenizer } from "../tokenize/known-tokenizer.js";
import { DocumentPeek } from "./document-peek.js";
import { countLengths, type LengthHistogram } from "./length-histogram.js";
import { requireFilled, requirePeekRange } from "./peek-range.js";
import { countTokens, type TokenCounts } from "./token-counts.js";

/** Options of `peek`: the tokens to show. */
export interface PeekOptions {
  /** First token of the document or row to show; default 0. */
  readonly from?: number;
  /** Most tokens to show; default 2,048. */
  readonly count?: number;
}

/** Reads one document and no more. */
export async function peekDocument(
  dataset: MegatronFacts,
  document: number,
  options: PeekOptions & { readonly known: KnownTokenizer },
): Promise<DocumentPeek> {
  const { from = 0, count = 2048, known } = options;
  const { documents } = dataset;
  requireFilled("dataset.peek", { path: dataset.prefix, total: documents });
  requirePeekRange({ call: "dataset.peek", what: "document", at: document, total: documents, from, count });
  return withKnownMegatron(dataset, async (sources) => {
    const { start, end } = await documentRange(sources, dataset, document);
    const ids: number[] = [];
    let tokens = 0;
    for (let sequence = start; sequence < end; sequence++) {
      const { length, offset } = await readIndexEntry(sources.idx, dataset, sequence);
      const first = Math.max(0, from - tokens);
      const last = Math.min(length, from + count - tokens);
      if (first < last) {
        const size = tokenBytes(dataset.dtype);
        const bytes = await sources.bin.slice(offset + first * size, offset + last * size);
        for (const id of tokenArray(bytes, dataset.dtype)) ids.push(Number(id));
      }
      tokens += length;
    }
    const { tokenizer, note } = known;
    const [text, pieces] = [await tokenizer?.decode(ids), await tokenizer?.decodeEach(ids)];
    const found = { document, sequence: start, sequences: end - start, ids, from, tokens, text, pieces };
    return new DocumentPeek(found, { documents, note, what: "document" });
  });
}

async function documentRange(
  { idx }: MegatronSources,
  { sequences }: MegatronFacts,
  document: number,
): Promise<{ readonly start: number; readonly end: number }> {
  const at = headerBytes + 12 * sequences + 8 * document;
  const [start, end] = tokenArray(await idx.slice(at, at + 16), "int64") as BigInt64Array;
  return { start: Number(start), end: Number(end) };
}

/** From the index alone: 12 bytes a sequence, whatever the size of `.bin`. */
export function datasetLengths(dataset: MegatronFacts, of: "documents" | "sequences"): Promise<LengthHistogram> {
  return withKnownMegatron(dataset, ({ idx }) =>
    countLengths(of, {
      lengths: indexLengths(idx, dataset.sequences),
      documentEnds: () => megatronDocumentEnds(idx, dataset),
    }),
  );
}

async function* indexLengths(idx: MegatronSources["idx"], sequences: number): AsyncGenerator<Int32Array> {
  const block = 256 * 1024;
  for (let start = 0; start < sequences; start += block) {
    const end = Math.min(sequences, start + block);
    yield tokenArray(await idx.slice(headerBytes + 4 * start, headerBytes + 4 * end), "int32") as Int32Array;
  }
}

/** One pass over `.bin`. */
export function datasetTokenCounts(
  dataset: MegatronFacts & { readonly vocabSize: number | undefined },
  known: KnownTokenizer,
  signal?: AbortSignal,
): Promise<TokenCounts> {
  const cancel = signal ?? jupyterHost()?.signal;
  return withKnownMegatron(dataset, (sources) =>
    countTokens(megatronStream(sources, dataset), {
      vocabSize: dataset.vocabSize,
      textOf: async (ids) => known.tokenizer?.decodeEach(ids),
      onBlock: () => throwIfCancelled(cancel, "dataset.tokenCounts"),
    }),
  );
}
