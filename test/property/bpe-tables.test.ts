import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readBpeFile, tablesOf } from "../../src/data/bpe/tables/read-tables.js";
import type { TokenizerFile } from "../../src/data/bpe/tables/tokenizer-file.js";
import { byteBpe } from "../support/byte-bpe.js";

const text = byteBpe('the then there "quoted" é 中文 中文', 12);
const originals = [text, JSON.stringify(JSON.parse(text), undefined, 1)].map((one) => Buffer.from(one));
const inserted = [
  "",
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  " ",
  "0",
  "1",
  "-",
  "e",
  "a",
  "\\u0041",
  "\u0000",
  "é",
  '"model":{},',
];
// Most places in the model: that is what is read here.
const place = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0.05, max: 0.1, noNaN: true }),
  fc.double({ min: 0.97, max: 1, noNaN: true }),
);
const edit = fc.record({ place, remove: fc.nat({ max: 3 }), insert: fc.constantFrom(...inserted) });

function edited(original: Buffer, edits: readonly { place: number; remove: number; insert: string }[]): Buffer {
  return edits.reduce((bytes, { place: share, remove, insert }) => {
    const at = Math.floor(share * bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(insert), bytes.subarray(at + remove)]);
  }, original);
}

it("any damaged tokenizer.json is left to JSON.parse, or read exactly as JSON.parse reads it", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 3 }), (original, edits) => {
      const bytes = edited(original, edits);
      const found = isUtf8(bytes) ? readBpeFile(bytes) : undefined;
      if (!found) return;
      taken++;
      const parsed = JSON.parse(bytes.toString("utf8")) as TokenizerFile; // must not throw
      const tables = tablesOf(parsed);
      expect([...found.tables.vocabulary.entries()].toSorted()).toEqual(
        [...(tables?.vocabulary.entries() ?? [])].toSorted(),
      );
      expect(found.tables.merges).toEqual(tables?.merges);
      const { vocab, merges, ...model } = parsed.model;
      expect(found.contents).toEqual({ ...parsed, model: { ...model, vocab: {}, merges: [] } });
    }),
    { numRuns: 6000 },
  );
  expect(taken).toBeGreaterThan(300);
});
