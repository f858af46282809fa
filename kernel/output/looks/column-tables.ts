import { boundedText } from "../../core/value-text.js";
import { formatTable } from "./object-table.js";
import { called, type Fields, type Look, type Recognize } from "./recognize.js";

/** Rows of a table that are asked for. */
const mostRows = 50;

/** Tables and vectors of apache-arrow, and tables and columns of polars and danfo.js. */
export const ofColumns: Recognize = (value) => ofArrow(value) ?? ofFrame(value);

/** `typeId` of apache-arrow's dates and timestamps, whose values are milliseconds. */
const timeTypes: unknown[] = [8, 10];

interface Field {
  readonly name: string;
  readonly type?: Fields;
  readonly nullable?: boolean;
}

const ofArrow: Recognize = (value) => {
  const { numRows, schema, get, length, nullCount, type, fields, metadata } = value;
  if (typeof get === "function" && typeof numRows === "number" && typeof schema === "object") {
    const columns = ((schema as Fields).fields ?? []) as readonly Field[];
    const rows = firstRows(numRows, (row) => withTimes(toJson(get.call(value, row)), columns));
    return table(rows, numRows, tableText(numRows, columns.length));
  }
  if (typeof get === "function" && typeof length === "number" && typeof nullCount === "number" && isType(type)) {
    const rows = firstRows(length, (row) => withTimes({ value: get.call(value, row) }, [{ name: "value", type }]));
    return table(rows, length, `[vector of ${nameOf(type)}, ${count(length)} values]`);
  }
  if (!Array.isArray(fields) || !(metadata instanceof Map) || !fields.every((field) => isType(field?.type)))
    return undefined;
  const rows = (fields as readonly Field[]).map(({ name, type: own, nullable }) => ({
    name,
    type: String(own),
    nullable,
  }));
  return table(rows, rows.length, `[schema of ${rows.length} columns]`);
};

function isType(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && "typeId" in value;
}

function withTimes(row: Record<string, unknown>, fields: readonly Field[]): Record<string, unknown> {
  for (const { name, type } of fields)
    if (timeTypes.includes(type?.typeId) && typeof row[name] === "number") row[name] = new Date(row[name]);
  return row;
}

const ofFrame: Recognize = (value) => {
  const { shape, columns, toRecords, toArray, dtype, name, length } = value;
  if (typeof toArray === "function" && dtype !== undefined && typeof name === "string" && typeof length === "number") {
    const head = (called(value, "head", mostRows) ?? value) as Fields;
    const items = called(head, "toArray") as unknown[];
    const rows = items.map((item) => ({ [name]: item }));
    return table(rows, length, `[column of ${nameOf(dtype)}, ${count(length)} values]`);
  }
  if (typeof toRecords !== "function" || !Array.isArray(columns) || shape === undefined) return undefined;
  const total = Number((shape as Fields).height ?? (shape as readonly number[])[0]);
  const head = (called(value, "head", mostRows) ?? value) as Fields;
  return table(called(head, "toRecords") as Record<string, unknown>[], total, tableText(total, columns.length));
};

function firstRows(total: number, row: (index: number) => Record<string, unknown>): Record<string, unknown>[] {
  return Array.from({ length: Math.min(total, mostRows) }, (_, index) => row(index));
}

function toJson(row: unknown): Record<string, unknown> {
  return (called(row as Fields, "toJSON") ?? row) as Record<string, unknown>;
}

function table(rows: readonly Record<string, unknown>[], total: number, text: string): Look {
  return { "text/html": formatTable(rows, total), "text/plain": text };
}

function tableText(rows: number, columns: number): string {
  return `[table, ${count(rows)} rows × ${columns} columns]`;
}

function nameOf(type: unknown): string {
  return boundedText(String(type), 200);
}

function count(amount: number): string {
  return amount.toLocaleString("en-US");
}
