import { repairUtf8 } from "./input/utf8-repair.js";
import { JsonReader } from "./json-lines.js";
import type { PartDocuments, PartRules } from "./part-rules.js";
import { separated } from "./separators.js";
import { cleanWikitext, pieceBounds, universalNewlines } from "./wikitext.js";

const sound = { repaired: 0, badLines: 0, badLine: undefined };

/** Cuts a part into documents; overwrites `part`. Throws BadLine. */
export function documentsOf(part: Uint8Array, rules: PartRules): PartDocuments {
  const source = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  const { bytes, bad } = rules.valid ? { bytes: source, bad: 0 } : repairUtf8(source, rules.encodingErrors);
  const found = split(bytes, rules);
  return { ...found, repaired: found.repaired + bad };
}

function split(bytes: Buffer, rules: PartRules): PartDocuments {
  if (rules.format === "wikitext" && rules.place) {
    const cleaned = cleanWikitext(bytes, rules.place);
    return { bytes: cleaned, bounds: pieceBounds(cleaned), texts: undefined, skipped: 0, ...sound };
  }
  if (rules.format === "lines") {
    const lines = universalNewlines(bytes);
    return { bytes: lines, ...separated(lines, "\n"), texts: undefined, ...sound };
  }
  if (rules.format === "text") return { bytes, ...separated(bytes, rules.separator), texts: undefined, ...sound };
  return new JsonReader(rules).read(bytes);
}
