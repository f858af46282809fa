import { invalid, type Place } from "./failure.js";
import type { RawValue } from "./message-pack.js";
import type { MindRecordSchema } from "./schema.js";
import type { SqlRow } from "./sqlite-read.js";
import type { Real, SqlValue } from "./sqlite-record.js";

/** Where a row lies: pages of the data file and bytes in them, the 8 bytes of the length included. */
export interface RowPlace {
  readonly row: number;
  readonly rawPage: number;
  readonly rawStart: number;
  readonly rawEnd: number;
  readonly group: number;
  readonly blobPage: number;
  readonly blobStart: number;
  readonly blobEnd: number;
}

const placeColumns = [
  "ROW_ID               INT  NOT NULL",
  "PAGE_ID_RAW          INT  NOT NULL",
  "PAGE_OFFSET_RAW      INT  NOT NULL",
  "PAGE_OFFSET_RAW_END  INT  NOT NULL",
  "ROW_GROUP_ID         INT  NOT NULL",
  "PAGE_ID_BLOB         INT  NOT NULL",
  "PAGE_OFFSET_BLOB     INT  NOT NULL",
  "PAGE_OFFSET_BLOB_END INT  NOT NULL",
];

const sqlTypes = {
  int32: "INTEGER",
  int64: "INTEGER",
  float32: "REAL",
  float64: "REAL",
  string: "TEXT",
  bytes: "TEXT",
};

/** The statement that makes the table, letter for letter MindSpore's. */
export function indexTableSql(schema: MindRecordSchema, indexFields: readonly string[]): string {
  const fields = indexFields.map((name, i) => `,INC_${i} INT, ${name}_0 ${sqlTypes[schema[name]?.type ?? "string"]}`);
  const key = ["ROW_ID", ...indexFields.map((_, i) => `INC_${i}`)].join(",");
  return `CREATE TABLE INDEXES(  ${placeColumns.join(", ")}${fields.join("")}, PRIMARY KEY(${key}))`;
}

export const shardNameSql = "CREATE TABLE SHARD_NAME(NAME TEXT NOT NULL)";

/** The columns of a row: its place, then 0 and the value of every index field. */
export function indexColumns(
  place: RowPlace,
  values: readonly { readonly value: RawValue; readonly float: boolean }[],
): (SqlValue | Real)[] {
  const { row, rawPage, rawStart, rawEnd, group, blobPage, blobStart, blobEnd } = place;
  const fields = values.flatMap(({ value, float }) => [0, float ? { real: Number(value) + 0 } : value]);
  return [row, rawPage, rawStart, rawEnd, group, blobPage, blobStart, blobEnd, ...fields];
}

/** The place that a row of the table names. */
export function placeOf({ values, offset }: SqlRow, source: Place["source"]): RowPlace {
  const numbers = values.slice(0, 8);
  const wrong = numbers.findIndex((value) => typeof value !== "number" || value < 0);
  if (numbers.length < 8 || wrong >= 0)
    throw invalid(
      { source, offset },
      `expected 8 numbers of 0 or more, found ${String(numbers[wrong])} in column ${wrong}`,
    );
  const [row, rawPage, rawStart, rawEnd, group, blobPage, blobStart, blobEnd] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { row, rawPage, rawStart, rawEnd, group, blobPage, blobStart, blobEnd };
}
