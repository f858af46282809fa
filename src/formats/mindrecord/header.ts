import type { ByteSource } from "../../core/bytes.js";
import { invalid, viewOf } from "./failure.js";
import { checkPages } from "./page-check.js";
import type { HeaderFault, MindRecordHeader, MindRecordPage } from "./pages.js";
import { blobFields, type MindRecordSchema, rawFields, schemaFault } from "./schema.js";

/** Defaults and limits of MindSpore 2.9 (`FileWriter.set_header_size`, `set_page_size`, `shard_num`). */
export const mindRecordLimits = {
  headerBytes: { default: 16 * 1024 ** 2, least: 16 * 1024, most: 128 * 1024 ** 2 },
  pageBytes: { default: 32 * 1024 ** 2, least: 32 * 1024, most: 256 * 1024 ** 2 },
  shards: 1000,
} as const;

/** The header's bytes, without the zeros behind them. */
export function encodeHeader(header: MindRecordHeader): Uint8Array {
  const fields = Object.keys(header.schema).sort();
  const schema = Object.fromEntries(
    fields.map((name) => {
      const { type, shape } = header.schema[name] as MindRecordSchema[string];
      return [name, shape === undefined ? { type } : { shape, type }];
    }),
  );
  const indexed = header.indexFields.map((name) => ({ index_field: name, schema_id: 0 }));
  const json = JSON.stringify({
    header_size: header.headerSize,
    index_fields: indexed.length > 0 ? indexed : null,
    page: header.pages.length > 0 ? header.pages.map((page) => pageJson(page, header.shard)) : null,
    page_size: header.pageSize,
    compression_size: header.saved,
    schema: [{ blob_fields: blobFields(header.schema), desc: header.description, schema }],
    shard_addresses: header.shards,
    shard_id: header.shard,
    statistics: null,
    version: "3.0",
  });
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.byteLength);
  viewOf(bytes).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  return bytes;
}

function pageJson(page: MindRecordPage, shard: number): unknown {
  return {
    end_row_id: page.endRow,
    page_id: page.id,
    page_size: page.used,
    page_type: page.type,
    page_type_id: page.typeId,
    row_group_ids: page.groups,
    shard_id: shard,
    start_row_id: page.startRow,
  };
}

/** Reads and checks a header: sizes, schema, and that the pages cover every row once and lie within the file. */
export async function readHeader(source: ByteSource): Promise<MindRecordHeader> {
  const size = source.byteLength;
  if (size < 8) throw invalid({ source, offset: 0 }, `expected 8 bytes of the header's length, found ${size} bytes`);
  const length = viewOf(await source.slice(0, 8)).getBigUint64(0, true);
  const room = Math.min(size, mindRecordLimits.headerBytes.most) - 8;
  if (length > BigInt(room))
    throw invalid({ source, offset: 0 }, `expected a header of at most ${room} bytes, found a length of ${length}`);
  const fail = (found: string) => invalid({ source, offset: 8 }, `header: ${found}`);
  const json = parseJson(await source.slice(8, 8 + Number(length)), fail);
  const header = toHeader(json, fail);
  if (8 + Number(length) > header.headerSize)
    throw fail(`expected at most header_size ${header.headerSize} bytes, found 8 + ${length}`);
  checkPages(header, { source, fail });
  return header;
}

function parseJson(bytes: Uint8Array, fail: HeaderFault): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw fail(`expected JSON, found ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw fail("expected a JSON object");
}

function toHeader(json: Record<string, unknown>, fail: HeaderFault): MindRecordHeader {
  const { version, schema: schemas, shard_addresses: names } = json;
  if (version !== "3.0") throw fail(`expected version "3.0", found ${JSON.stringify(version)}`);
  const first = (Array.isArray(schemas) ? schemas[0] : undefined) as
    | { schema?: unknown; desc?: unknown; blob_fields?: unknown }
    | undefined;
  const fault = schemaFault(first?.schema);
  if (fault !== undefined || (schemas as unknown[]).length !== 1)
    throw fail(`schema: ${fault ?? `expected one schema, found ${(schemas as unknown[]).length}`}`);
  const schema = first?.schema as MindRecordSchema;
  if (JSON.stringify(first?.blob_fields) !== JSON.stringify(blobFields(schema)))
    throw fail(
      `blob_fields: expected ${JSON.stringify(blobFields(schema))}, found ${JSON.stringify(first?.blob_fields)}`,
    );
  if (
    !Array.isArray(names) ||
    names.length === 0 ||
    !names.every((name) => typeof name === "string" && isFileName(name))
  )
    throw fail(`shard_addresses: expected file names, found ${JSON.stringify(names)?.slice(0, 80)}`);
  const { headerBytes, pageBytes } = mindRecordLimits;
  return {
    headerSize: number(json, { name: "header_size", ...headerBytes }, fail),
    pageSize: number(json, { name: "page_size", ...pageBytes }, fail),
    schema,
    description: typeof first?.desc === "string" ? first.desc : "",
    indexFields: indexFields(json.index_fields, { schema, fail }),
    pages: pages(json.page, fail),
    shards: names as string[],
    shard: number(json, { name: "shard_id", least: 0, most: names.length - 1 }, fail),
    saved: Number(json.compression_size ?? 0),
  };
}

function isFileName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);
}

interface Range {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

function number(json: Record<string, unknown>, { name, least, most }: Range, fail: HeaderFault): number {
  const value = json[name];
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw fail(`${name}: expected a whole number from ${least} to ${most}, found ${JSON.stringify(value)?.slice(0, 80)}`);
}

function indexFields(
  value: unknown,
  about: { readonly schema: MindRecordSchema; readonly fail: HeaderFault },
): string[] {
  if (value === null || value === undefined) return [];
  const names = Array.isArray(value)
    ? value.map((entry) => (entry as { index_field?: unknown } | null)?.index_field)
    : [];
  const known = rawFields(about.schema);
  const good = Array.isArray(value) && names.every((name) => known.includes(name as string));
  if (good && new Set(names).size === names.length) return names as string[];
  throw about.fail(`index_fields: expected some of ${known.join(", ")}, found ${JSON.stringify(value).slice(0, 80)}`);
}

function pages(value: unknown, fail: HeaderFault): MindRecordPage[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw fail("page: expected a list");
  return value.map((entry: unknown, i) => {
    const page = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
    const at = (name: string, most: number = Number.MAX_SAFE_INTEGER) =>
      number(page, { name, least: 0, most }, (found) => fail(`page ${i}: ${found}`));
    const { page_type: type, row_group_ids: groups } = page;
    if (type !== "BLOB_DATA" && type !== "RAW_DATA")
      throw fail(`page ${i}: expected BLOB_DATA or RAW_DATA, found ${JSON.stringify(type)?.slice(0, 80)}`);
    if (!Array.isArray(groups)) throw fail(`page ${i}: row_group_ids: expected a list`);
    return {
      id: at("page_id"),
      type,
      typeId: at("page_type_id"),
      used: at("page_size", mindRecordLimits.pageBytes.most),
      startRow: at("start_row_id"),
      endRow: at("end_row_id"),
      groups: groups.map((group) => groupOf(group, (found) => fail(`page ${i}: row_group_ids: ${found}`))),
    };
  });
}

function groupOf(group: unknown, fail: HeaderFault): { readonly id: number; readonly offset: number } {
  const { id, offset } = (typeof group === "object" && group !== null ? group : {}) as Record<string, unknown>;
  const good = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (good(id) && good(offset)) return { id: id as number, offset: offset as number };
  throw fail(`expected id and offset, found ${JSON.stringify(group)?.slice(0, 80)}`);
}
