import { indexColumns, indexTableSql, type RowPlace, shardNameSql } from "./index-table.js";
import type { RawValue } from "./message-pack.js";
import type { MindRecordSchema } from "./schema.js";
import { firstSqlPage, type SqlPage, SqlPages, SqlTree } from "./sqlite-write.js";

/** A row of the index: its place and the values of the index fields, in their order. */
export interface IndexEntry {
  readonly place: RowPlace;
  readonly values: readonly RawValue[];
}

export interface IndexSpec {
  /** File name of the shard. */
  readonly shardName: string;
  readonly schema: MindRecordSchema;
  readonly indexFields: readonly string[];
}

/** True if the tables of that many index fields can be described in the database's first page. */
export function indexFits({ shardName, schema, indexFields }: IndexSpec): boolean {
  return firstSqlPage(objects(indexTableSql(schema, indexFields), [2, 3, 4]), shardName.length) !== undefined;
}

/**
 * The pages of a shard's index, in the order in which they are finished; entries come in the order of their rows.
 * Memory does not grow with them. Tables and columns are those that MindSpore's ShardIndexGenerator makes.
 */
export async function* encodeIndexDatabase(
  spec: IndexSpec,
  entries: AsyncIterable<IndexEntry>,
): AsyncGenerator<SqlPage> {
  const pages = new SqlPages();
  const table = new SqlTree(pages, "table");
  const key = new SqlTree(pages, "index");
  const float = spec.indexFields.map((name) => spec.schema[name]?.type.startsWith("float") === true);
  const zeros = spec.indexFields.map(() => 0);
  let id = 0;
  for await (const { place, values } of entries) {
    id += 1;
    table.addRow(
      id,
      indexColumns(
        place,
        values.map((value, i) => ({ value, float: float[i] as boolean })),
      ),
    );
    key.addEntry([place.row, ...zeros, id]);
    yield* pages.take();
  }
  const name = new SqlTree(pages, "table");
  name.addRow(1, [spec.shardName]);
  const roots = [table.finish(), key.finish(), name.finish()];
  yield* pages.take();
  const first = firstSqlPage(objects(indexTableSql(spec.schema, spec.indexFields), roots), pages.count);
  if (!first) throw new Error("the index fields do not fit; call indexFits first");
  yield { number: 1, bytes: first };
}

function objects(sql: string, [table = 0, key = 0, name = 0]: readonly number[]) {
  return [
    { type: "table" as const, name: "INDEXES", table: "INDEXES", root: table, sql },
    { type: "index" as const, name: "sqlite_autoindex_INDEXES_1", table: "INDEXES", root: key, sql: null },
    { type: "table" as const, name: "SHARD_NAME", table: "SHARD_NAME", root: name, sql: shardNameSql },
  ];
}
