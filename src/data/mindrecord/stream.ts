import type { FormatError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import { invalid } from "../../formats/mindrecord/failure.js";
import type { RowPlace } from "../../formats/mindrecord/index-table.js";
import type { MindRecordIndex, MindRecordShard } from "../../formats/mindrecord/shard-reader.js";
import type { TokenBlock, TokenStream } from "../files/token-blocks.js";
import type { CheckRow } from "../inspect/checks/verification.js";
import type { MindRecordFacts } from "./facts.js";
import { withIndexedShard } from "./files.js";

/** Tokens in a block. */
const blockTokens = 1024 * 1024;

/** The token column: `input_ids`, or the only array of integers; undefined if there is none. */
export function tokenColumn({ schema }: MindRecordFacts): string | undefined {
  const arrays = Object.keys(schema).filter(
    (name) => schema[name]?.shape !== undefined && (schema[name].type === "int32" || schema[name].type === "int64"),
  );
  if (arrays.includes("input_ids")) return "input_ids";
  return arrays.length === 1 ? arrays[0] : undefined;
}

/** The tokens of MindRecord rows, which are in `column`; every row is a document. */
export function mindRecordStream(data: MindRecordFacts, column: string): TokenStream {
  return { sequences: data.rows, blocks: () => blocks(data, column) };
}

async function* blocks(data: MindRecordFacts, column: string): AsyncGenerator<TokenBlock> {
  let waiting: Int32Array[] = [];
  let tokens = 0;
  let first = 0;
  const take = (): TokenBlock => {
    const ids = new Int32Array(tokens);
    let at = 0;
    for (const part of waiting) {
      ids.set(part, at);
      at += part.length;
    }
    const block = { first, lengths: Int32Array.from(waiting, ({ length }) => length), ids };
    first += waiting.length;
    [waiting, tokens] = [[], 0];
    return block;
  };
  for await (const row of data.read({ columns: [column] })) {
    const value = row[column];
    const ids = value instanceof BigInt64Array ? Int32Array.from(value, Number) : (value as Int32Array);
    if (tokens > 0 && tokens + ids.length > blockTokens) yield take();
    waiting.push(ids);
    tokens += ids.length;
  }
  if (waiting.length > 0) yield take();
}

/**
 * Compares every entry of every index with the place of its row in the data. Throws MINDRECORD_INVALID for the first
 * that differs.
 */
export async function checkShardIndices(data: MindRecordFacts): Promise<CheckRow> {
  let rows = 0;
  for (const { path } of data.shards)
    await withIndexedShard(path, async (shard, index) => {
      rows += await compareIndex(shard, index);
    });
  const shards = formatCount(data.shards.length, "shard");
  const found = `${formatCount(rows)} rows in ${shards}; every entry of the indices points to its row`;
  return { check: "structure", verdict: "ok", found };
}

async function compareIndex(shard: MindRecordShard, index: MindRecordIndex): Promise<number> {
  const entries = index.entries();
  let rows = 0;
  for await (const place of shard.places()) {
    const next = await entries.next();
    const fault = (offset: number, found: string): FormatError => invalid({ source: index.source, offset }, found);
    if (next.done) throw fault(index.source.byteLength, `expected ${shard.rows} entries, found ${rows}`);
    const wrong = (Object.keys(place) as (keyof RowPlace)[]).find((key) => place[key] !== next.value.place[key]);
    if (wrong !== undefined)
      throw fault(
        next.value.offset,
        `row ${rows}: ${wrong}: expected ${place[wrong]}, found ${next.value.place[wrong]}`,
      );
    rows += 1;
  }
  const more = await entries.next();
  if (!more.done)
    throw invalid({ source: index.source, offset: more.value.offset }, `expected ${rows} entries, found more`);
  return rows;
}
