import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memoryBytes } from "../../../src/core/bytes.js";
import { openMindRecord, writeMindRecord } from "../../../src/data/mindrecord.js";
import { decodeInts, encodeInts } from "../../../src/formats/mindrecord/compressed-ints.js";
import { decodeMap, encodeMap } from "../../../src/formats/mindrecord/message-pack.js";
import { PagePlanner } from "../../../src/formats/mindrecord/page-plan.js";
import { findSqlRow, openSql, sqlRows } from "../../../src/formats/mindrecord/sqlite-read.js";
import { firstSqlPage, SqlPages, SqlTree, sqlPageBytes } from "../../../src/formats/mindrecord/sqlite-write.js";
import { scratchFolder } from "../../support/tiny-tokenizer.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("packed integers", () => {
  it("are those of MindSpore for its own vector", () => {
    const values = Int32Array.of(1, -1, 300, 70000, -129, 127);
    expect(hex(encodeInts(values))).toBe("000000060640" + "01ff2c01701101007fff7f");
    expect(decodeInts(encodeInts(values), "int32")).toEqual(values);
  });

  it("of 64 bits come back at every limit", () => {
    const limits = [7n, 8n, 15n, 16n, 31n, 32n, 62n, 63n].flatMap((bits) => [(1n << bits) - 1n, -(1n << bits)]);
    const values = BigInt64Array.from(limits);
    expect(decodeInts(encodeInts(values), "int64")).toEqual(values);
    expect(decodeInts(encodeInts(new Int32Array(0)), "int32")).toEqual(new Int32Array(0));
  });

  it("that do not fit their bytes are described, not allocated", () => {
    expect(decodeInts(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0), "int64")).toContain(
      "expected 4294967295 integers in at least",
    );
    expect(decodeInts(Uint8Array.of(0, 0, 0, 1, 0xc0, 1, 2, 3, 4, 5, 6, 7, 8), "int32")).toContain("32 bits at most");
    expect(decodeInts(Uint8Array.of(0, 0, 0, 1, 0, 1, 2), "int32")).toContain("1 integers in 6 bytes, found 7");
  });
});

describe("maps of single values", () => {
  it("have the bytes of MindSpore", () => {
    const entry = (name: string, value: number | bigint | string, float = false) => ({ name, value, float });
    const row = [entry("d", 0.1, true), entry("f", Math.fround(0.1), true), entry("i", -1), entry("l", 2n ** 62n)];
    expect(hex(encodeMap(row))).toBe("84a164cb3fb999999999999aa166ca3dcccccda169ffa16ccf4000000000000000");
    expect(hex(encodeMap([entry("id", 0)]))).toBe("81a2696400");
    const many = Array.from({ length: 20 }, (_, i) => entry(`field${i}`, "é".repeat(i * 20)));
    expect(decodeMap(encodeMap(many))).toEqual(new Map(many.map(({ name, value }) => [name, value])));
  });

  it("of other kinds are described", () => {
    for (const bytes of ["92", "81c0", "81a161c0", "81a16191", "81a161", "82a16101", "81a1ff01", "8f", "81a161d9ff"])
      expect(decodeMap(Uint8Array.from(Buffer.from(bytes, "hex"))), bytes).toMatch(/^expected/);
  });
});

describe("pages", () => {
  it("a row group that outgrows its raw page moves to a new one as a whole", () => {
    const planner = new PagePlanner(100);
    planner.add([{ blob: 60, raw: 30 }]);
    planner.add([{ blob: 60, raw: 30 }]);
    const plan = planner.add([{ blob: 20, raw: 50 }]);
    expect(plan.move).toEqual({ from: { page: 1, offset: 30, bytes: 30 }, toPage: 3 });
    expect(planner.pages.map(({ type, used, groups }) => [type, used, groups.map(({ id }) => id)])).toEqual([
      ["BLOB_DATA", 60, [0]],
      ["RAW_DATA", 30, [0]],
      ["BLOB_DATA", 80, [0]],
      ["RAW_DATA", 80, [1]],
    ]);
  });
});

/** A database with one table, in memory. */
function database(rows: number, text: (i: number) => string): Uint8Array {
  const pages = new SqlPages();
  const table = new SqlTree(pages, "table");
  for (let i = 1; i <= rows; i++) table.addRow(3 * i, [i, text(i), { real: i / 2 }, null]);
  const root = table.finish();
  const first = firstSqlPage(
    [{ type: "table", name: "T", table: "T", root, sql: "CREATE TABLE T(a,b,c,d)" }],
    pages.count,
  );
  const file = new Uint8Array(pages.count * sqlPageBytes);
  for (const { number, bytes } of pages.take()) file.set(bytes, (number - 1) * sqlPageBytes);
  file.set(first as Uint8Array);
  return file;
}

describe("the SQLite index", () => {
  it.each([0, 1, 2, 100, 339, 340, 341, 5000])(
    "holds %i rows: all in order, each found by its id, others not",
    async (rows) => {
      const text = (i: number) => "y".repeat(i % 97 === 5 ? 3900 + (i % 11) * 1000 : i % 13);
      const sql = await openSql(memoryBytes("x.db", database(rows, text)));
      const root = sql.tables.get("T") as number;
      let count = 0;
      for await (const { id, values } of sqlRows(sql, root)) {
        count += 1;
        expect([id, ...values]).toEqual([3 * count, count, text(count), count / 2, null]);
      }
      expect(count).toBe(rows);
      for (const i of [1, 2, 5, 99, 340, rows].filter((n) => n >= 1 && n <= rows))
        expect((await findSqlRow(sql, root, 3 * i))?.values[0]).toBe(i);
      for (const id of [0, 1, 4, 3 * rows + 1]) expect(await findSqlRow(sql, root, id)).toBeUndefined();
    },
  );

  it("with a circle in its pages is refused, not read for ever", async () => {
    const file = database(5000, () => "");
    const { tables } = await openSql(memoryBytes("x.db", file));
    const root = tables.get("T") as number;
    new DataView(file.buffer).setUint32((root - 1) * sqlPageBytes + 8, root);
    const sql = await openSql(memoryBytes("x.db", file));
    const readAll = async () => {
      for await (const _ of sqlRows(sql, root));
    };
    await expect(readAll()).rejects.toThrow(/expected a tree of pages, found a circle/);
    await expect(findSqlRow(sql, root, 10 ** 9)).rejects.toThrow(/circle/);
  });
});

describe("MindRecord files", () => {
  const schema = { ids: { type: "int32", shape: [-1] }, name: { type: "string" } } as const;
  const small = { headerSize: 16 * 1024, pageSize: 32 * 1024, schema };
  const rows = [
    { ids: Int32Array.of(1), name: "a" },
    { ids: Int32Array.of(2), name: "b" },
    { ids: Int32Array.of(3), name: "c" },
  ];

  it("refuse rows that do not fit, with the row, the field and the arithmetic; nothing is left behind", async () => {
    const output = join(await scratchFolder(), "x.mindrecord");
    const cases: readonly (readonly [row: object, message: RegExp])[] = [
      [{ ids: Int32Array.of(1) }, /row 1: field name: expected a value, found none/],
      [{ ids: [1], name: "" }, /row 1: field ids: expected a Int32Array, found Array/],
      [
        { ids: new Int32Array(40_000), name: "" },
        /row 1: its arrays and bytes: expected at most 32,768 bytes \(a page\), found 50,012/,
      ],
      [{ ids: Int32Array.of(1), name: 7 }, /row 1: field name: expected a string, found number/],
    ];
    for (const [row, message] of cases) {
      const error = await writeMindRecord({ ...small, output, rows: [rows[0], row] as never }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "MINDRECORD_ROW_INVALID", message: expect.stringMatching(message) });
    }
    await expect(openMindRecord(output)).rejects.toMatchObject({ code: "FILE_MISSING" });
  });

  it("refuse schemas, index fields and sizes that can't be", async () => {
    const output = join(await scratchFolder(), "x.mindrecord");
    const bad: object[] = [
      { schema: {} },
      { schema: { "a-b": { type: "int32" } } },
      { schema: { a: { type: "int8" } } },
      { schema: { a: { type: "string", shape: [-1] } } },
      { schema: { a: { type: "int32", shape: [-1, -1] } } },
      { indexFields: ["ids"] },
      { pageSize: 1024 },
      { headerSize: 2 ** 30 },
      { shards: 1.5 },
    ];
    for (const more of bad)
      await expect(writeMindRecord({ ...small, output, rows, ...more })).rejects.toMatchObject({
        code: "ARGUMENT_INVALID",
      });
    const single = { output, rows: [{ n: 2 ** 40 }], ...small, schema: { n: { type: "int32" as const } } };
    await expect(writeMindRecord(single)).rejects.toThrow(/expected an int32, found 1099511627776/);
    const infinite = {
      ...single,
      rows: [{ n: Number.POSITIVE_INFINITY }],
      schema: { n: { type: "float64" as const } },
    };
    await expect(writeMindRecord(infinite)).rejects.toThrow(/expected a finite number in an index field/);
    expect((await writeMindRecord({ ...infinite, indexFields: [] })).rows).toBe(1);
  });

  it("may not be renamed, as in MindSpore, and need their index; the message says what to type", async () => {
    const folder = await scratchFolder();
    const data = await writeMindRecord({ ...small, output: join(folder, "x.mindrecord"), rows, shards: 2 });
    await rename(data.files[0] as string, join(folder, "y.mindrecord0"));
    await expect(openMindRecord(join(folder, "y.mindrecord0"))).rejects.toMatchObject({
      code: "MINDRECORD_INVALID",
      hint: expect.stringMatching(/^mv ".*y.mindrecord0" ".*x.mindrecord0"$/),
    });
    await rename(join(folder, "y.mindrecord0"), data.files[0] as string);
    await rename(`${data.files[1]}.db`, join(folder, "elsewhere"));
    await expect(openMindRecord(data.path)).rejects.toMatchObject({
      code: "FILE_MISSING",
      message: expect.stringContaining("x.mindrecord1.db"),
    });
  });

  it("whose name is that of others and a zero stay when the others are written", async () => {
    const folder = await scratchFolder();
    const zero = await writeMindRecord({ ...small, output: join(folder, "x.mindrecord0"), rows: rows.slice(1) });
    await expect(openMindRecord(join(folder, "x.mindrecord"))).rejects.toMatchObject({ code: "FILE_MISSING" });
    await writeMindRecord({ ...small, output: join(folder, "x.mindrecord"), rows });
    expect((await openMindRecord(zero.path)).rows).toBe(2);
  });

  it("are read from any row on, some columns only, through all shards", async () => {
    const data = await writeMindRecord({
      ...small,
      output: join(await scratchFolder(), "x.mindrecord"),
      rows,
      shards: 2,
    });
    const found = [];
    for await (const row of data.read({ from: 1, count: 2, columns: ["name"] })) found.push(row);
    expect(found).toEqual([{ name: "b" }, { name: "c" }]);
    expect(await data.row(2)).toEqual(rows[2]);
    await expect(data.row(3)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(data.row(0, ["nope"])).rejects.toThrow(/columns: expected columns of .*, found "nope"/);
    const bytes = await readFile(data.files[0] as string);
    bytes.writeBigUInt64LE(2n ** 40n, 16 * 1024);
    await writeFile(data.files[0] as string, bytes);
    await expect(data.row(0)).rejects.toMatchObject({
      code: "MINDRECORD_INVALID",
      file: data.files[0],
      offset: 16 * 1024,
    });
  });
});
