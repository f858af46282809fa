import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isLabError } from "../../../src/core/error.js";
import { deepseekTokenizer } from "../../../src/data/bundled.js";
import type { Dataset } from "../../../src/data/dataset.js";
import { prepareData } from "../../../src/data/prepare.js";
import { projectPython } from "../../support/project-python.js";

// Parquet files that pyarrow wrote, against the same texts as JSON lines.

const plain = Array.from({ length: 9000 }, (_, i) => `Row ${i}: é 😀 "quoted" \n text`);
const script = `
import json, sys
import pyarrow as pa, pyarrow.parquet as pq
texts = json.load(open("texts.json", encoding="utf-8"))
table = pa.table({"id": list(range(len(texts))), "text": texts})
for codec in ("none", "snappy", "gzip", "zstd", "brotli"):
    pq.write_table(table, f"{codec}.parquet", compression=codec, row_group_size=2500)

import datetime
types = {
    "int64": pa.array([1, 2]), "float": pa.array([1.5, 2.5]), "bool": pa.array([True, False]),
    "date": pa.array([datetime.date(2026, 1, 1)] * 2), "timestamp": pa.array([datetime.datetime(2026, 1, 1)] * 2),
    "decimal": pa.array([1, 2]).cast(pa.decimal128(30, 2)), "struct": pa.array([{"a": "x"}, {"a": "y"}]),
    "map": pa.array([[("a", "b")], []], pa.map_(pa.string(), pa.string())), "numbers": pa.array([[1], [2]]),
    "nested": pa.array([[["a"]], []]), "time": pa.array([datetime.time(1)] * 2),
    "fixed": pa.array([b"ab", b"cd"], pa.binary(2)), "bytes": pa.array([b"one", b"two"]),
    "text": pa.array(["a", "b"]), "large": pa.array(["one", "two"], pa.large_string()),
    "lists": pa.array([["one"], ["two"]]), "words": pa.array(["one", "two"]).dictionary_encode(),
}
pq.write_table(pa.table(types), "types.parquet")
values = [bytes.fromhex(value) for value in ("676f6f64", "636166e920227822", "615ce20a")]
latin = pa.table({"text": pa.array(values, pa.binary()).view(pa.string())})
pq.write_table(latin, "latin.parquet")
pq.write_table(pa.table({"text": ["a", None, "c"]}), "nulls.parquet")
for codec in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
    few = pa.table({"text": texts[:500]})
    pq.write_table(few, f"sums-{codec}.parquet", compression=codec, write_page_checksum=True)
small = pa.table({"text": ["one", "two", "three"] * 50})
pq.write_table(small, "few.parquet", compression="lz4", write_page_checksum=True, store_schema=False)
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-parquet-"));
  await writeFile(join(folder, "texts.json"), JSON.stringify(plain));
  await writeFile(join(folder, "same.jsonl"), plain.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  execFileSync(projectPython(), ["-c", script], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const prepare = (name: string, more: object = {}) =>
  prepareData({
    input: join(folder, name),
    tokenizer: deepseekTokenizer(),
    output: join(folder, `out-${name}`),
    mode: "documents",
    ...more,
  });

it("a Parquet column gives the dataset of the same texts as JSON lines, however it is compressed", async () => {
  const lines = await prepare("same.jsonl");
  const [bin, idx] = [await readFile(`${lines.prefix}.bin`), await readFile(`${lines.prefix}.idx`)];
  for (const codec of ["none", "snappy", "gzip", "zstd", "brotli"]) {
    const data = await prepare(`${codec}.parquet`, { chunkBytes: 50_000 });
    expect((await readFile(`${data.prefix}.bin`)).equals(bin), codec).toBe(true);
    expect((await readFile(`${data.prefix}.idx`)).equals(idx), codec).toBe(true);
  }
});

it("a column that is not there is refused with the columns that are", async () => {
  await expect(prepare("none.parquet", { jsonKeys: ["content"] })).rejects.toMatchObject({
    code: "INPUT_KEY_MISSING",
    message: expect.stringMatching(/expected a column "content", found id, text/),
    hint: 'write jsonKeys: ["text"], the column of text',
  });
});

it.each([
  ["int64", "INT64"],
  ["float", "DOUBLE"],
  ["bool", "BOOLEAN"],
  ["date", "INT32 (DATE)"],
  ["timestamp", "INT64 (TIMESTAMP)"],
  ["decimal", "FIXED_LEN_BYTE_ARRAY (DECIMAL)"],
  ["struct", "a struct of a"],
  ["map", "MAP values"],
  ["numbers", "lists of INT64"],
  ["nested", "lists of lists of BYTE_ARRAY (STRING)"],
  ["time", "INT64 (TIME)"],
  ["fixed", "FIXED_LEN_BYTE_ARRAY"],
])("a column of %s is no text: it is refused with its type and the columns of text", async (key, found) => {
  await expect(prepare("types.parquet", { jsonKeys: [key] })).rejects.toMatchObject({
    code: "INPUT_COLUMN_INVALID",
    message:
      `input ${join(folder, "types.parquet")}: ` +
      `expected the column "${key}" to hold text or lists of text, found ${found}`,
    hint:
      'write jsonKeys: ["bytes"] or jsonKeys: ["text"] or jsonKeys: ["large"] or jsonKeys: ["lists"] or ' +
      'jsonKeys: ["words"], columns of text',
  });
});

it.each(["large", "bytes", "lists", "words"])("a column of %s is text", async (key) => {
  const data = await prepare("types.parquet", { jsonKeys: [key], addBos: false, output: join(folder, `out-${key}`) });
  expect((await data.peek(0)).text).toBe("one");
  expect(data.documents).toBe(2);
});

it("a text column with bytes that are not UTF-8 is refused with the row, replaced, or skipped, as JSON lines are", async () => {
  const path = join(folder, "latin.parquet");
  await expect(prepare("latin.parquet")).rejects.toMatchObject({
    code: "INPUT_NOT_UTF8",
    message: `input ${path}, row 2: expected "text" to be UTF-8 text, found another byte sequence`,
    hint: 'pass encodingErrors: "replace" or "skip"',
  });
  for (const [encodingErrors, mark] of [
    ["replace", "\ufffd"],
    ["skip", ""],
  ] as const) {
    const data = await prepare("latin.parquet", {
      encodingErrors,
      addBos: false,
      output: join(folder, encodingErrors),
    });
    expect([(await data.peek(1)).text, (await data.peek(2)).text]).toEqual([`caf${mark} "x"`, `a\\${mark}\n`]);
    expect(data.manifest?.reading?.repaired).toBe(2);
  }
});

it.each(["none", "snappy", "gzip", "zstd", "brotli", "lz4"])(
  "a page (%s) whose bytes are not those of its checksum is refused",
  async (codec) => {
    const file = join(folder, `sums-${codec}.parquet`);
    const whole = await readFile(file);
    const damaged = Buffer.from(whole);
    const at = Math.floor(whole.length / 3);
    damaged[at] = (damaged[at] as number) ^ 1;
    await writeFile(file, damaged);
    await expect(prepare(`sums-${codec}.parquet`)).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: expect.stringMatching(/found a page at offset \d+ whose checksum doesn't match its data/),
    });
    await writeFile(file, whole);
    expect((await prepare(`sums-${codec}.parquet`)).documents).toBe(500);
  },
);

it("no damaged bit of a file with checksums gives other texts, also in headers and footer", async () => {
  const whole = await readFile(join(folder, "few.parquet"));
  const expected = (await prepare("few.parquet")).tokens;
  for (let at = 4; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
    await writeFile(join(folder, "flipped.parquet"), damaged);
    const preparing = prepare("flipped.parquet", { output: join(folder, "flipped") });
    const found = await preparing.catch((error: unknown) => error);
    if (isLabError(found)) expect(found.code).toMatch(/^INPUT_/);
    else expect((found as Dataset).tokens, `bit at ${at} of ${whole.length}`).toBe(expected);
  }
});

it("a row without a value is named by its number, with a hint for rows, and can be skipped", async () => {
  await expect(prepare("nulls.parquet")).rejects.toMatchObject({
    code: "INPUT_LINE_INVALID",
    message: `input ${join(folder, "nulls.parquet")}, row 2: expected "text" to be text, found null`,
    hint: 'correct it, or pass onBadLines: "skip" to skip such rows',
  });
  const data = await prepare("nulls.parquet", { onBadLines: "skip" });
  expect([data.documents, data.manifest?.reading?.badLines]).toEqual([2, 1]);
});
