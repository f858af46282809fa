import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deepseekTokenizer } from "../../../src/data/bundled.js";
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
  });
});
