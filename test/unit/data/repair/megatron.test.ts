import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Dataset } from "../../../../src/data/dataset.js";
import { prepareData } from "../../../../src/data/prepare.js";
import { repairDataset } from "../../../../src/data/repair.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { scratchFolder, tinyTokenizer } from "../../../support/tiny-tokenizer.js";

const text = Array.from({ length: 3000 }, (_, i) => `Paragraph ${i} tells of ${"things ".repeat(i % 9)}.`).join("\n\n");

/** About 460 KB of tokens: eight blocks of the comparison. */
async function prepared(mode: "stitch" | "pad" = "stitch"): Promise<Dataset> {
  const config = JSON.stringify({ bos_token: "<s>", eos_token: "</s>", pad_token: "<pad>" });
  const folder = await scratchFolder({
    "t.txt": text,
    "tokenizer.json": tinyTokenizer(),
    "tokenizer_config.json": config,
  });
  const options = {
    input: join(folder, "t.txt"),
    tokenizer: join(folder, "tokenizer.json"),
    output: join(folder, "out"),
  };
  return prepareData({ ...options, seqLength: 64, mode, workers: 1, addBos: true, appendEod: true, padToken: "<s>" });
}

const bytesOf = async ({ prefix }: Dataset) => [await readFile(`${prefix}.bin`), await readFile(`${prefix}.idx`)];

const sameBytes = async (data: Dataset, before: readonly (Buffer | undefined)[]) =>
  (await bytesOf(data)).every((bytes, i) => bytes.equals(before[i] as Buffer));

it.each(["stitch", "pad"] as const)(
  "a damaged byte range of .bin is made again, and no other, with the options of then: %s",
  async (mode) => {
    const data = await prepared(mode);
    const before = await bytesOf(data);
    const bin = Buffer.from(before[0] as Buffer);
    bin.fill(0xee, 70_000, 70_100);
    bin.fill(0xee, 200_000, 200_001);
    await writeFile(`${data.prefix}.bin`, bin);
    const repair = await data.repair();
    expect(repair.repaired.length).toBeGreaterThanOrEqual(2);
    for (const line of repair.repaired) expect(line).toMatch(/^\.bin, bytes [\d,]+ to [\d,]+$/);
    expect(await sameBytes(data, before)).toBe(true);
    expect(repair[displayKey]()["text/plain"]).toMatch(/✓ Dataset repaired[\s\S]*the checksums of 2 files/);
  },
);

it("missing, cut and too long files are made whole again", async () => {
  const data = await prepared();
  const before = await bytesOf(data);
  const { prefix } = data;
  await truncate(`${prefix}.bin`, 1000);
  await writeFile(`${prefix}.idx`, "damaged");
  expect((await repairDataset(prefix, { workers: 1 })).repaired).toContain(".idx");
  expect(await sameBytes(data, before)).toBe(true);
  await writeFile(`${prefix}.bin`, Buffer.concat([before[0] as Buffer, Buffer.alloc(10)]));
  expect((await repairDataset(`${prefix}.bin`)).repaired).toEqual([".bin, 10 bytes too many at the end"]);
  for (const ending of [".bin", ".idx"]) await rm(prefix + ending);
  expect((await repairDataset(prefix)).proven).toBe(2);
  expect(await sameBytes(data, before)).toBe(true);
  expect((await data.verify()).ok).toBe(true);
  expect((await repairDataset(prefix))[displayKey]()["text/plain"]).toContain("nothing was damaged");
});

it("documents of their own length in 16-bit tokens, of several files of JSON lines, are made whole again", async () => {
  const line = (part: string, i: number) => `${JSON.stringify({ body: i % 7 ? part : [part, "Also this."] })}\n`;
  const lines = text.split("\n\n").map(line);
  const folder = await scratchFolder({
    "a.jsonl": lines.slice(0, 1000).join(""),
    "b.jsonl": lines.slice(1000).join(""),
    "tokenizer.json": tinyTokenizer(),
    "tokenizer_config.json": JSON.stringify({ bos_token: "<s>", eos_token: "</s>" }),
  });
  const paths = { input: join(folder, "*.jsonl"), tokenizer: folder, output: join(folder, "out") };
  const data = await prepareData({ ...paths, mode: "documents", dtype: "uint16", jsonKeys: ["body"], appendEod: true });
  const before = await bytesOf(data);
  const bin = Buffer.from(before[0] as Buffer);
  bin.fill(0xee, 70_000, 70_100);
  await writeFile(`${data.prefix}.bin`, bin);
  await writeFile(`${data.prefix}.idx`, "damaged");
  expect((await data.repair()).repaired).toEqual([".bin, bytes 65,536 to 131,072", ".idx"]);
  expect(await sameBytes(data, before)).toBe(true);
  const checked = await data.verify();
  expect(checked.ok).toBe(true);
  expect(await readdir(folder)).toHaveLength(7);
});

it("nothing is written if the source, the tokenizer or the manifest is not there as it was", async () => {
  const data = await prepared();
  const damaged = Buffer.from("damaged");
  await writeFile(`${data.prefix}.bin`, damaged);
  const input = data.manifest?.input.path as string;
  await writeFile(input, `${text} more`);
  await expect(data.repair()).rejects.toMatchObject({
    code: "REPAIR_IMPOSSIBLE",
    message: expect.stringContaining("input sha256 was"),
  });
  await writeFile(input, text);
  const tokenizer = data.manifest?.tokenizer.path as string;
  await writeFile(tokenizer, tinyTokenizer({ version: "2.0" }).replace('"2.0"', '"1.0" '));
  await expect(data.repair()).rejects.toThrow(/tokenizer sha256 was/);
  const manifestFile = `${data.prefix}.manifest.json`;
  const manifest = await readFile(manifestFile, "utf8");
  await writeFile(manifestFile, manifest.replace(JSON.stringify(input), '"/x/.out_text_document.stdin"'));
  await expect(repairDataset(data.prefix)).rejects.toThrow(/read again, found standard input/);
  await writeFile(manifestFile, manifest);
  await rm(input);
  await expect(data.repair()).rejects.toMatchObject({ code: "FILE_MISSING" });
  await rm(`${data.prefix}.manifest.json`);
  await expect(data.repair()).rejects.toThrow(/expected a manifest that names its source, found none/);
  expect(await readFile(`${data.prefix}.bin`)).toEqual(damaged);
});
