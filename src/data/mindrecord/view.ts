import { formatBytes, formatCount } from "../../core/units.js";
import type { MindRecordField } from "../../formats/mindrecord/schema.js";
import type { MimeBundle } from "../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../view/sections.js";
import { tableBundle } from "../../view/table.js";
import type { MindRecordFacts } from "./facts.js";

/** Summary, columns, and the shards where there are several. */
export function mindRecordBundle(data: MindRecordFacts): MimeBundle {
  const { manifest, shards, schema, indexFields } = data;
  const facts: (readonly [string, string])[] = [
    ["path", data.path],
    ["rows", formatCount(data.rows)],
    ["files", `${formatCount(shards.length)} and their .db, ${formatBytes(data.bytes)} with holes`],
  ];
  if (data.description) facts.push(["description", data.description]);
  if (manifest) {
    const { seqLength = 0, mode } = manifest.options;
    facts.push(
      ["tokens", `${formatCount(data.rows)} rows × ${formatCount(seqLength)} = ${formatCount(data.tokens ?? 0)}`],
      ["mode", `${mode}: ${formatCount(manifest.counts.dropped, "token")} of the text dropped`],
      ["tokenizer", `${manifest.tokenizer.path}, ${formatCount(manifest.tokenizer.vocabSize)} ids`],
    );
  }
  facts.push(...data.notes.map((note) => ["note", note] as const));
  const columns = tableBundle({
    columns: [{ key: "column" }, { key: "type" }, { key: "index", label: "in the .db" }],
    rows: data.columns.map((column) => ({
      column,
      type: typeText(schema[column] as MindRecordField),
      index: indexFields.includes(column),
    })),
  });
  const files = tableBundle({
    columns: [{ key: "shard" }, { key: "rows" }, { key: "pages" }, { key: "bytes" }],
    rows: shards.map(({ path, rows, pages, bytes }) => ({ shard: path.split("/").at(-1), rows, pages, bytes })),
    more: "data.shards",
  });
  return joinBundles([factsBundle("MindRecord dataset", facts), columns, ...(shards.length > 1 ? [files] : [])]);
}

function typeText({ type, shape }: MindRecordField): string {
  return shape === undefined ? type : `${type} [${shape.map((size) => (size === -1 ? "any" : size)).join(", ")}]`;
}
