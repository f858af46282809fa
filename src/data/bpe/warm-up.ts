import { buildMergeTable } from "./merge-table.js";
import { readBpeFile } from "./tables/read-tables.js";
import { byteCharacters } from "./tables/tokenizer-file.js";

const times = 16;
let done = false;

/**
 * Reads a small tokenizer.json with everything in it that a large one may have (see `text/warm-up.ts`: V8 compiles
 * code for what it has seen). Once per process, before a large one is read.
 */
export function warmUpReading(): void {
  if (done) return;
  done = true;
  const bytes = new Uint8Array(Buffer.from(smallTokenizer()));
  for (let time = 0; time < times; time++) {
    const found = readBpeFile(bytes);
    if (found) buildMergeTable(found.tables.merges);
  }
}

function smallTokenizer(): string {
  const letters = byteCharacters();
  const words = letters.slice(97, 122).flatMap((one, i) => [`${one}${letters[i + 65]}`, `Ġ${one}`]);
  const tokens = [...new Set([...letters, ...words, "\u{10000}", "[more]"])];
  const merges = words.map((word) => `${word[0]} ${word[1]}`);
  const model = {
    ...{ type: "BPE", dropout: null, ignore_merges: false },
    vocab: Object.fromEntries(tokens.map((token, id) => [token, 37 * id])),
    // Not all in the order of the vocabulary, and some as pairs.
    merges: [...merges.slice(20), ...merges.slice(0, 10), ...merges.slice(10, 20).map((merge) => merge.split(" "))],
  };
  const added = [
    { id: 1, content: 'a "quoted" \\ token', special: true, lstrip: false },
    { id: 2.5, content: "" },
  ];
  return JSON.stringify({ version: "1.0", added_tokens: added, model, after: [] }, undefined, 1);
}
