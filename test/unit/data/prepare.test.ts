import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DatasetManifest, preparingCall } from "../../../src/data/files/manifest.js";
import type { PrepareOptions } from "../../../src/data/prepare/options.js";
import { prepareData } from "../../../src/data/prepare.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { scratchFolder, templateProcessor, tinyId, tinyTokenizer } from "../../support/tiny-tokenizer.js";

const text = " \n = Title = \n \n One , two . \n Three \n \n = = Part = = \n \n Four ; five \n \n";
const pieces = ["One, two.\nThree", "Four; five"];
const bos = templateProcessor(0, undefined);

async function place(content: string | Uint8Array = text) {
  const tokenizer = tinyTokenizer({ post_processor: bos });
  const folder = await scratchFolder({ "in.txt": content, "tokenizer.json": tokenizer });
  const options = (changes: object = {}): PrepareOptions & { readonly input: string } => ({
    input: join(folder, "in.txt"),
    tokenizer: join(folder, "tokenizer.json"),
    output: join(folder, "out", "tiny"),
    seqLength: 7,
    ...changes,
  });
  const outputs = () => readdir(join(folder, "out")).catch(() => []);
  return { folder, options, outputs };
}

const ids = pieces.map((piece) => [0, ...[...piece].map(tinyId)]);
const int32 = (bytes: Buffer) => [...new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)];

describe("prepareData", () => {
  it("stitches the cleaned pieces to sequences of seqLength + 1 tokens and drops the short rest", async () => {
    const { options, outputs } = await place();
    const data = await prepareData(options());
    const flat = ids.flat();
    expect(int32(await readFile(`${data.prefix}.bin`))).toEqual(flat.slice(0, 24));
    expect(data).toMatchObject({ sequences: 3, tokens: 24, seqLength: 7, dtype: "int32", vocabSize: 99 });
    expect(data.manifest?.counts).toEqual({
      pieces: 2,
      sequences: 3,
      tokens: 24,
      dropped: flat.length - 24,
      padded: 0,
    });
    expect(await outputs()).toEqual([
      "tiny_text_document.bin",
      "tiny_text_document.idx",
      "tiny_text_document.manifest.json",
    ]);
  });

  it("pads each piece to a sequence of its own", async () => {
    const { options } = await place();
    const data = await prepareData(options({ mode: "pad", padToken: "<pad>", seqLength: 12 }));
    const second = ids[1] as number[];
    const rows = [ids[0]?.slice(0, 13), [...second, ...Array(13 - second.length).fill(2)]];
    expect(int32(await readFile(`${data.prefix}.bin`))).toEqual(rows.flat());
    expect([data.pad, data.sequences]).toEqual([2, 2]);
  });

  it("puts the end-of-text token after each piece when asked", async () => {
    const { folder, options } = await place();
    await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify({ bos_token: "<s>", eos_token: "</s>" }));
    const data = await prepareData(options({ appendEod: true, addBos: false, seqLength: 15 }));
    const [first = [], second = []] = ids.map((piece) => [...piece.slice(1), 1]);
    expect(int32(await readFile(`${data.prefix}.bin`))).toEqual([...first, ...second].slice(0, 16));
    expect(data.eod).toBe(1);
  });

  it("shows what was made, and decoded samples with ids and positions", async () => {
    const { options } = await place();
    const data = await prepareData(options());
    expect(data[displayKey]()["text/plain"]).toMatch(/sequences\s+3 × 8 tokens \(seqLength \+ 1\)/);
    const sample = await data.sample(2, { from: 1 });
    expect(sample.items[0]).toMatchObject({ sequence: 1, offset: 32, ids: ids.flat().slice(8, 16) });
    expect(sample.items[0]?.text).toBe(`<s>${pieces[0]}<s>${pieces[1]}`.slice(5 + 5, 5 + 13));
    expect(sample[displayKey]()["text/plain"]).toContain("Sequence 1 of 3");
  });
});

describe("a second call", () => {
  it("with nothing changed does nothing and says so", async () => {
    const { options } = await place();
    const first = await prepareData(options());
    const second = await prepareData(options({ workers: 2 }));
    expect(second.notes).toEqual([`unchanged since ${first.manifest?.created}: nothing was written`]);
    expect(second.manifest).toEqual(first.manifest);
  });

  it("with an input that was touched but holds the same bytes does nothing", async () => {
    const { options } = await place();
    await prepareData(options());
    await utimes(options().input, 1, 1);
    expect((await prepareData(options())).notes[0]).toMatch(/^unchanged/);
  });

  it("with another seqLength, text, tokenizer or mode says what changed", async () => {
    const { folder, options } = await place();
    await prepareData(options());
    const again = await prepareData(options({ seqLength: 5 }));
    expect(again.notes[0]).toMatch(/because seqLength was 7, now 5 in /);
    expect(again.notes[1]).toContain("earlier dataset need it: seqLength: 7 restores it, another output keeps both");
    const { input, tokenizer, output } = options();
    expect(preparingCall(again.prefix, again.manifest as DatasetManifest)).toBe(
      `prepareData({ input: "${input}", tokenizer: "${tokenizer}", output: "${output}", seqLength: 5 })`,
    );
    await writeFile(options().input, `${text} More text here \n`);
    expect((await prepareData(options({ seqLength: 5 }))).notes[0]).toMatch(
      /because input sha256 was "\w{12}", now "\w{12}" in /,
    );
    await writeFile(join(folder, "tokenizer.json"), tinyTokenizer());
    const third = await prepareData(options({ seqLength: 5, mode: "pad", padToken: 2 }));
    for (const what of ["tokenizer sha256", "tokens before each piece was [0], now []", 'mode was "stitch", now "pad"'])
      expect(third.notes[0]).toContain(what);
  });

  it("mends files that were changed or removed", async () => {
    const { options } = await place();
    const { prefix } = await prepareData(options());
    const bin = await readFile(`${prefix}.bin`);
    await writeFile(
      `${prefix}.bin`,
      bin.map((byte) => byte ^ 1),
    );
    expect((await prepareData(options())).notes[0]).toContain("the .bin file is missing or was changed");
    expect(await readFile(`${prefix}.bin`)).toEqual(bin);
  });

  it("that rewrites the dataset removes MindFormers' stale index files and says so", async () => {
    const { folder, options } = await place();
    const { prefix } = await prepareData(options());
    const cache = join(prefix, "cache", "GPTDataset_indices");
    await mkdir(cache, { recursive: true });
    await writeFile(join(cache, "0123-GPTDataset-train-document_index.npy"), "old");
    expect((await prepareData(options())).notes).toHaveLength(1);
    expect(await readdir(cache)).toHaveLength(1);
    expect((await prepareData(options({ seqLength: 5 }))).notes[1]).toMatch(/removed 1 index files/);
    expect((await readdir(join(folder, "out"))).filter((name) => !name.includes("."))).toEqual([]);
  });
});

describe("prepareData with unusable input writes nothing and says what is wrong:", () => {
  const refused: readonly (readonly [what: string, changes: object, code: string, message: RegExp])[] = [
    [
      "a missing file",
      { input: "/nowhere/in.txt" },
      "FILE_MISSING",
      /input \/nowhere\/in\.txt: expected a file, found nothing/,
    ],
    [
      "a folder without text files",
      { input: "/dev/fd" },
      "FILE_MISSING",
      /folder \/dev\/fd: expected text files, found only files of other kinds: /,
    ],
    [
      "a pattern that matches nothing",
      { input: "/nowhere/*.txt" },
      "FILE_MISSING",
      /expected files that match, found none/,
    ],
    ["a missing tokenizer", { tokenizer: "/nowhere/t.json" }, "FILE_MISSING", /tokenizer \/nowhere\/t\.json/],
    ["seqLength 0", { seqLength: 0 }, "ARGUMENT_INVALID", /seqLength: expected a whole number from 1 to \d+, found 0/],
    ["a negative seqLength", { seqLength: -8 }, "ARGUMENT_INVALID", /found -8/],
    ["a broken seqLength", { seqLength: 1.5 }, "ARGUMENT_INVALID", /found 1\.5/],
    ["no seqLength", { seqLength: undefined }, "ARGUMENT_INVALID", /found undefined/],
    ["workers 0", { workers: 0 }, "ARGUMENT_INVALID", /workers: expected a whole number from 1 to 1024, found 0/],
    [
      "an unknown mode",
      { mode: "pack" },
      "ARGUMENT_INVALID",
      /mode: expected "stitch", "pad" or "documents", found "pack"/,
    ],
    [
      "an unknown format",
      { format: "parquet" },
      "ARGUMENT_INVALID",
      /format: expected "megatron" or "mindrecord", found "parquet"/,
    ],
    ["an empty output", { output: "" }, "ARGUMENT_INVALID", /output: expected a path, found ""/],
    ["mode pad without a padding token", { mode: "pad" }, "TOKENIZER_TOKEN_MISSING", /names no padding token/],
    [
      "text that is shorter than one sample",
      { seqLength: 4096 },
      "INPUT_TOO_SHORT",
      /needs seqLength \+ 1 = 4,097 tokens, the text has 27 in 2 pieces: 4,070 too few/,
    ],
  ];
  it.each(refused)("%s", async (_, changes, code, message) => {
    const { options, outputs } = await place();
    const error = await prepareData(options(changes)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((error as { hint: string }).hint).not.toBe("");
    expect(await outputs()).toEqual([]);
  });

  const texts: readonly (readonly [what: string, content: string | Uint8Array, code: string, message: RegExp])[] = [
    ["an empty file", "", "INPUT_EMPTY", /found a file of 0 bytes/],
    ["headings alone", " \n = Title = \n \n", "INPUT_EMPTY", /found 16 bytes of headings and blank lines/],
    ["text that is not UTF-8", Uint8Array.of(0x61, 0xe4, 0x62), "INPUT_NOT_UTF8", /at offset 1$/],
  ];
  it.each(texts)("%s", async (_, content, code, message) => {
    const { options, outputs } = await place(content);
    const error = await prepareData(options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await outputs()).toEqual([]);
  });

  it.each([
    ["an output folder that can't be written", "/proc/self/x"],
    ["an output folder that is a device", "/dev/null/x"],
    ["an output folder that /proc does not have", "/proc/x/y"],
  ])("%s", async (_, output) => {
    const { options } = await place();
    await expect(prepareData(options({ output }))).rejects.toMatchObject({
      code: "FILE_UNWRITABLE",
      message: expect.stringMatching(/expected a folder that can be written, found E[A-Z]+/),
    });
  });
});

describe("a cancelled prepareData", () => {
  it("that was cancelled before it began writes nothing", async () => {
    const { options, outputs } = await place();
    await expect(prepareData(options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: "CANCELLED" });
    expect(await outputs()).toEqual([]);
  });

  it("stops soon, leaves no file, and keeps the dataset that was there before", async () => {
    const { options, outputs } = await place();
    const before = await prepareData(options());
    await writeFile(options().input, "A line of text that is long enough to take a while . \n\n".repeat(40_000));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 400);
    const started = Date.now();
    await expect(prepareData(options({ signal: controller.signal, workers: 2 }))).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(Date.now() - started).toBeLessThan(5000);
    expect((await outputs()).filter((name) => name.includes("tmp"))).toEqual([]);
    expect(JSON.parse(await readFile(`${before.prefix}.manifest.json`, "utf8"))).toEqual(before.manifest);
  });
});
