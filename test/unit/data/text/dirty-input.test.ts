import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { deepseekTokenizer } from "../../../../src/data/bundled.js";
import { openDataset } from "../../../../src/data/dataset.js";
import type { PrepareOptions } from "../../../../src/data/prepare/options.js";
import { prepareData } from "../../../../src/data/prepare.js";
import { repairDataset } from "../../../../src/data/repair.js";
import { findInputs } from "../../../../src/data/text/input/files.js";
import { scratchFolder, tinyTokenizer } from "../../../support/tiny-tokenizer.js";

async function prepare(name: string, content: string | Uint8Array, changes: object = {}) {
  const folder = await scratchFolder({ [name]: content, "tokenizer.json": tinyTokenizer() });
  return prepareData({
    ...{ input: join(folder, name), tokenizer: folder, output: join(folder, "out", "x") },
    ...{ mode: "documents", ...changes },
  } as PrepareOptions);
}

describe("files that hold something else than text", () => {
  const cases: [string, Uint8Array, string, string][] = [
    ["UTF-16 with a mark", Buffer.from("\ufeffhello", "utf16le"), "found UTF-16 text at offset 0", "iconv -f UTF-16 "],
    ["UTF-16 without one", Buffer.from("hello there", "utf16le"), "found UTF-16LE text", "iconv -f UTF-16LE "],
    ["gzip data", gzipSync("hello"), "found gzip data", 'a.txt.gz"'],
    ["Zstandard data", Buffer.from("28b52ffd00", "hex"), "found Zstandard data", 'a.txt.zst"'],
  ];
  it.each(cases)("are named by what they are: %s", async (_, content, message, hint) => {
    await expect(prepare("a.txt", content, { inputFormat: "lines" })).rejects.toMatchObject({
      code: "INPUT_NOT_UTF8",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  it("are not seen in text that has zeros or begins with PAR1", async () => {
    expect((await prepare("a.txt", "PAR1 a\0b\0c\0d\0e\0f\0gg\0h", { inputFormat: "lines" })).tokens).toBe(21);
  });

  it.each(['[\n{"text":"x"}\n]\n', '{\n"text":"x"\n}\n', '[{"text":"x"}]'])(
    "JSON that is not one object per line is told how to become so: %j",
    async (content) => {
      await expect(prepare("a.json", content)).rejects.toMatchObject({
        code: "INPUT_LINE_INVALID",
        hint: expect.stringContaining("jq -c"),
      });
    },
  );

  it("texts that are all empty make no dataset of 0 tokens", async () => {
    await expect(prepare("a.jsonl", '{"text":""}\n{"text":""}\n')).rejects.toMatchObject({
      code: "INPUT_EMPTY",
      message: expect.stringContaining("found 2 texts of 0 tokens"),
      hint: expect.stringContaining('write jsonKeys: ["content"]'),
    });
  });

  it("empty texts whose only tokens are the ends of documents were too short for a sample, or a dataset", async () => {
    const whole = { tokenizer: deepseekTokenizer(), mode: "stitch", seqLength: 16 };
    for (const more of [{}, { addEos: true }, { mode: "documents", seqLength: undefined }])
      await expect(prepare("a.jsonl", '{"text":""}\n{"text":""}\n', { ...whole, ...more })).rejects.toMatchObject({
        code: "INPUT_EMPTY",
        message: expect.stringContaining("expected text to train on, found 2 texts of 0 tokens"),
      });
  });

  it("documents of one token each are no samples of 0 tokens", async () => {
    const dataset = await prepare("a.txt", "x\ny\n", { inputFormat: "lines" });
    expect(dataset.seqLength).toBeUndefined();
  });
});

describe("the files below a folder", () => {
  it("are found through links, once each, also where links go round", async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, "here", "inner"), { recursive: true });
    await mkdir(join(folder, "there"));
    await writeFile(join(folder, "here", "a.txt"), "a");
    await writeFile(join(folder, "there", "b.txt"), "b");
    await symlink(join(folder, "there"), join(folder, "here", "link"));
    await symlink(join(folder, "here"), join(folder, "here", "inner", "round"));
    await symlink(join(folder, "here", "a.txt"), join(folder, "here", "same.txt"));
    const { files: found } = await findInputs([join(folder, "here")], undefined);
    expect(found.map(({ path }) => path)).toEqual([
      join(folder, "here", "a.txt"),
      join(folder, "here", "link", "b.txt"),
    ]);
  });

  it("are not left out silently: a link to nothing is reported", async () => {
    const folder = await scratchFolder();
    await symlink(join(folder, "nothing"), join(folder, "dead.txt"));
    await expect(findInputs([folder], undefined)).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: expect.stringContaining("found a link to nothing"),
    });
  });
});

describe("a dataset that lies in the folder of its text", () => {
  it("does not become text of the next call", async () => {
    const folder = await scratchFolder({ "a.txt": "abc\n" });
    await mkdir(join(folder, "tokenizer"));
    await writeFile(join(folder, "tokenizer", ".tokenizer.json"), tinyTokenizer());
    const options: PrepareOptions = {
      ...{ input: folder, inputFormat: "lines", tokenizer: join(folder, "tokenizer", ".tokenizer.json") },
      ...{ output: join(folder, "x"), mode: "documents" },
    };
    await prepareData(options);
    const again = await prepareData(options);
    expect(again.notes[0]).toMatch(/^unchanged since/);
    expect(again.sequences).toBe(1);
  });
});

describe("options that a cell's types would have refused", () => {
  it.each([
    [{ appendEOD: true }, "prepareData: unknown option appendEOD", "did you mean appendEod?"],
    [{ add_bos: true }, "option add_bos", "did you mean addBos?"],
    [{ zzz: 1 }, "option zzz", "the options are input, "],
    [{ shards: 2 }, 'only with format "mindrecord"', "remove shards"],
    [{ addBos: "yes" }, 'expected true or false, found "yes"', "addBos: true"],
    [{ jsonKeys: ["a", "a"] }, "different names", "jsonKeys"],
    [{ jsonKeys: ["../a"] }, 'without "/"', "jsonKeys"],
    [{ mode: "stitch", seqLength: 4n }, "found 4n", "seqLength: 4096"],
    [{ output: "folder/" }, "a prefix of file names", 'output: "folder/text"'],
  ])("are refused: %o", async (changes, message, hint) => {
    await expect(prepare("a.txt", "abc", changes)).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  it.each([-1, 0.5, Number.NaN, 98 + 1, 1e18])(
    "fill with no id that the tokenizer lacks: padToken %s",
    async (padToken) => {
      const options = { mode: "pad", seqLength: 4, padToken, inputFormat: "lines" };
      await expect(prepare("a.txt", "abc", options)).rejects.toMatchObject({
        code: "TOKENIZER_TOKEN_MISSING",
        message: expect.stringContaining(
          `padToken ${padToken}: expected an id of the tokenizer, a whole number from 0 to 98`,
        ),
      });
    },
  );
});

describe("a dataset whose files were given another name", () => {
  it("is verified and repaired under the new one", async () => {
    const { prefix } = await prepare("a.txt", "abc\ndef\n", { inputFormat: "lines" });
    const moved = join(prefix, "..", "moved");
    for (const ending of ["bin", "idx", "manifest.json"]) await rename(`${prefix}.${ending}`, `${moved}.${ending}`);
    const right = await readFile(`${moved}.bin`);
    expect((await (await openDataset(moved)).verify()).ok).toBe(true);
    await writeFile(`${moved}.bin`, Buffer.alloc(right.length));
    expect((await (await openDataset(moved)).verify()).checks).toContainEqual(
      expect.objectContaining({ check: "checksums", found: expect.stringContaining("changed: moved.bin (") }),
    );
    await repairDataset(moved);
    expect(await readFile(`${moved}.bin`)).toEqual(right);
  });

  it("a step of no plan is refused, and nothing else fails later", async () => {
    const dataset = await prepare("a.txt", "abc\ndef\n", { inputFormat: "lines" });
    await expect(dataset.step(1, {} as never)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(dataset.step(0, undefined as never)).rejects.toMatchObject({
      message: "dataset.step, plan: expected the result of planRun, found undefined",
    });
  });
});
