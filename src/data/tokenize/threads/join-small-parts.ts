import type { TokenizedPart } from "./pool.js";
import type { TokenBatch } from "./protocol.js";

/**
 * Parts that follow one another as one, as soon as they have `enough` bytes of text: those of many small files would
 * each take a line of the journal and a text for the native library.
 */
export async function* joinSmallParts(
  parts: AsyncIterable<TokenizedPart>,
  enough: number,
): AsyncGenerator<TokenizedPart> {
  let held: TokenizedPart[] = [];
  let bytes = 0;
  for await (const one of parts) {
    held.push(one);
    bytes += one.part.byteLength;
    if (bytes < enough) continue;
    yield asOne(held, bytes);
    held = [];
    bytes = 0;
  }
  if (held.length > 0) yield asOne(held, bytes);
}

function asOne(held: readonly TokenizedPart[], byteLength: number): TokenizedPart {
  const first = held[0] as TokenizedPart;
  if (held.length === 1) return first;
  const stretches = held.reduce((sum, { part }) => sum + part.stretches, 0);
  const badLine = held.find((one) => one.badLine !== undefined)?.badLine;
  return { part: { ...first.part, stretches, byteLength }, tokens: joined(held.map(({ tokens }) => tokens)), badLine };
}

function joined(batches: readonly TokenBatch[]): TokenBatch {
  const sum = (count: "skipped" | "repaired" | "native" | "badLines") =>
    batches.reduce((all, batch) => all + batch[count], 0);
  const one = (batch: TokenBatch) => batch.texts ?? new Int32Array(batch.lengths.length).fill(1);
  return {
    ids: concat(batches.map(({ ids }) => ids)),
    lengths: concat(batches.map(({ lengths }) => lengths)),
    texts: batches.every(({ texts }) => texts === undefined) ? undefined : concat(batches.map(one)),
    ...{ skipped: sum("skipped"), repaired: sum("repaired"), native: sum("native"), badLines: sum("badLines") },
    badLine: undefined, // its place is kept with the part
    sample: batches.find(({ sample }) => sample !== undefined)?.sample,
  };
}

function concat(arrays: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
