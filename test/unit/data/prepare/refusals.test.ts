import { open, readdir, readFile, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer as NativeTokenizer } from "tokenizers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { patternOf } from "../../../../src/core/patterns.js";
import { estimateSpace } from "../../../../src/data/prepare/disk-space.js";
import type { PrepareOptions } from "../../../../src/data/prepare/options.js";
import { prepareData } from "../../../../src/data/prepare.js";
import { byteBpe } from "../../../support/byte-bpe.js";
import { prepareInProcess } from "../../../support/prepare-kill.js";
import { scratchFolder, tinyTokenizer } from "../../../support/tiny-tokenizer.js";

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return { ...real, statfs: vi.fn(real.statfs) };
});
afterEach(() => void vi.restoreAllMocks());

const section = (i: number, word: string) => ` = Part ${i} = \n \n The ${word} number ${i} of many . \n \n`;

async function place(text: string, tokenizer = tinyTokenizer()) {
  const folder = await scratchFolder({ "in.txt": text, "tokenizer.json": tokenizer });
  const options = (changes: Partial<PrepareOptions> = {}): PrepareOptions => ({
    ...{ input: join(folder, "in.txt"), tokenizer: folder, output: join(folder, "out", "x") },
    ...{ seqLength: 15, workers: 1, ...changes },
  });
  const outputs = () => readdir(join(folder, "out")).catch(() => []);
  return { folder, options, outputs };
}

const bytesOf = async (prefix: string) => [await readFile(`${prefix}.bin`), await readFile(`${prefix}.idx`)] as const;

describe("the fast way of tokenizing", () => {
  // The first 8 KB are compared at the start; the word comes later.
  const text = Array.from({ length: 4000 }, (_, i) => section(i, i < 3000 ? "lamp" : "zebra")).join("");
  const byteLevel = byteBpe("The lamp number of many zebra .", 40);

  it("that is found to give other ids than the native library is given up: everything is made again natively, with a note", async () => {
    const { options } = await place(text, byteLevel);
    const right = await prepareData(options({ output: `${options().output}-right` }));
    expect(right.manifest?.reading?.native).toBe(0);
    // The native library of this thread, with which samples are compared, gives one id more where the word is.
    const encode = NativeTokenizer.prototype.encode;
    vi.spyOn(NativeTokenizer.prototype, "encode").mockImplementation(async function (this: NativeTokenizer, ...given) {
      const found = await encode.apply(this, given);
      const ids = found.getIds();
      return given[0].includes("zebra") ? Object.assign(Object.create(found), { getIds: () => [...ids, 0] }) : found;
    });
    const data = await prepareData(options({ chunkBytes: 64 * 1024 }));
    expect(data.notes.join("\n")).toMatch(
      patternOf([
        /the native library tokenized everything: /,
        /other ids than the native library for "The zebra number \d+ of many/,
      ]),
    );
    expect(data.manifest?.reading?.native).toBe(data.manifest?.counts.pieces);
    for (const [i, bytes] of (await bytesOf(data.prefix)).entries())
      expect(bytes.equals((await bytesOf(right.prefix))[i] as Buffer)).toBe(true);
  });

  it("that gives other ids at the start is not used", async () => {
    const { options } = await place(section(0, "lamp").repeat(50), byteLevel);
    const encode = NativeTokenizer.prototype.encode;
    vi.spyOn(NativeTokenizer.prototype, "encode").mockImplementation(async function (this: NativeTokenizer, ...given) {
      const found = await encode.apply(this, given);
      return given[0].includes("fox") ? Object.assign(Object.create(found), { getIds: () => [0] }) : found;
    });
    const data = await prepareData(options());
    expect(data.manifest?.reading?.native).toBe(data.manifest?.counts.pieces);
  });
});

describe("refused by prepareData", () => {
  it("a disk without room for the dataset: DISK_TOO_SMALL with the arithmetic, and nothing is left", async () => {
    const { options, outputs } = await place(Array.from({ length: 200 }, (_, i) => section(i, "lamp")).join(""));
    vi.mocked(statfs).mockResolvedValueOnce({ bavail: 2, bsize: 4096 } as Awaited<ReturnType<typeof statfs>>);
    const error = await prepareData(options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "DISK_TOO_SMALL",
      message: expect.stringMatching(
        patternOf([
          /expected [\d.]+ KB of free space \(about [\d,]+ tokens × 4 bytes \+ [\d.]+ KB of index, /,
          /as the first [\d.]+ (KB|B) suggest\), found 8\.00 KB$/,
        ]),
      ),
      hint: expect.stringMatching(/^free [\d.]+ KB or choose another folder/),
    });
    expect(await outputs()).toEqual([]);
  });

  it.each([
    // 1,000 tokens of 10 texts in 1 % of the text: 100,000 tokens of 1,000 texts.
    ["stitched", { mode: "stitch" as const }, 100_000 * 4 + 1000 * 20],
    ["padded", { mode: "pad" as const }, 1000 * 100 * 4 + 1000 * 20],
    ["documents", { mode: "documents" as const }, 100_000 * 4 + 1000 * 28],
    ["uint16", { mode: "stitch" as const, dtype: "uint16" as const }, 100_000 * 2 + 1000 * 20],
    ["MindRecord rows besides", { mode: "stitch" as const, columns: 2 }, 100_000 * 4 + 1000 * 20 + 2 * 100_000 * 4],
  ])("the room that a dataset takes: %s", (_, more, bytes) => {
    const sample = { tokens: 1000, texts: 10, sampleBytes: 5000, textBytes: 500_000, written: 0 };
    expect(estimateSpace({ dtype: "int32", length: 100, columns: 0, ...sample, ...more }).bytes).toBe(bytes);
  });

  it("a second call for the same output at the same time: PREPARE_RUNNING with the process, and the first is not disturbed", async () => {
    const { options } = await place(section(0, "lamp").repeat(200));
    const calls = await Promise.allSettled([prepareData(options()), prepareData(options()), prepareData(options())]);
    const refused = calls.flatMap((call) => (call.status === "rejected" ? [call.reason as unknown] : []));
    expect(refused).toHaveLength(2);
    for (const error of refused)
      expect(error).toMatchObject({
        code: "PREPARE_RUNNING",
        message: expect.stringContaining("another call in this process is preparing this dataset now"),
        hint: "await the first call, or interrupt its cell",
      });
    expect((await prepareData(options())).notes[0]).toMatch(/^unchanged/);
  });

  it("a call while another process prepares the same output", async () => {
    const { folder, options } = await place(section(0, "lamp").repeat(20_000));
    let error: unknown;
    const holder = join(folder, "out", ".x_text_document.part", "holder.json");
    const other = prepareInProcess([options()]);
    while (!(await readFile(holder, "utf8").catch(() => ""))) await new Promise((done) => setTimeout(done, 2));
    const { pid } = JSON.parse(await readFile(holder, "utf8")) as { pid: number };
    await prepareData(options()).catch((thrown: unknown) => {
      error = thrown;
    });
    expect(pid).not.toBe(process.pid);
    expect(error).toMatchObject({
      code: "PREPARE_RUNNING",
      details: { pid },
      hint: expect.stringContaining(`kill ${pid}`),
    });
    expect((await other).runs[0]?.notes?.[0]).toMatch(/^made in/);
  });

  it("a line that is no JSON: the error, which arises in a stream, names the line of the caller", async () => {
    const { folder, options } = await place("");
    await writeFile(join(folder, "in.jsonl"), '{"text": "a lamp"}\n{"text": \n');
    const error = await prepareData(options({ input: join(folder, "in.jsonl") })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "INPUT_LINE_INVALID",
      stack: expect.stringMatching(/refusals\.test\.ts:\d+/),
    });
  });

  it("a document of more than 256 MiB: INPUT_DOCUMENT_TOO_LONG with file and offset", async () => {
    const { folder, options, outputs } = await place("");
    const file = await open(join(folder, "in.txt"), "w");
    await file.write("first line\n");
    await file.truncate(258 * 1024 * 1024); // a hole of NUL bytes, which are UTF-8
    await file.close();
    const error = await prepareData(options({ inputFormat: "lines", mode: "documents" })).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "INPUT_DOCUMENT_TOO_LONG",
      message: expect.stringMatching(
        /in\.txt: expected documents of at most 268435456 bytes, found a longer one at or after offset 0/,
      ),
      details: { offset: 0 },
    });
    expect(await outputs()).toEqual([]);
  });
});
