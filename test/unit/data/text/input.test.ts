import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { patternOf } from "../../../../src/core/patterns.js";
import { findInputs } from "../../../../src/data/text/input/files.js";
import { documentsOf, place } from "../../../support/prepare-place.js";
import { tinyId, tinyTokenizer } from "../../../support/tiny-tokenizer.js";

const zstdFrames = "28b52ffd24084100006f6e650a74776f0ae6a60e4028b52ffd240631000074687265650ad706fd28";

describe("the input formats", () => {
  it.each([
    ["lines", "one\n\ntwo\r\nthree", "|one/|two/|three/|"],
    ["text", "one\ntwo\n\nthree\n\n\n\nfour\n", "|one⏎two/|three/|four⏎/|"],
  ])("%s: documents are where the format says", async (inputFormat, text, expected) => {
    const { prepare, folder } = await place({ "in.txt": text });
    for (const chunkBytes of [1, 5, 1000]) {
      const { documents, data } = await prepare({ inputFormat, chunkBytes, output: join(folder, `out-${chunkBytes}`) });
      expect(documents).toBe(expected);
      expect(data.manifest?.reading?.skipped).toBe(1);
      expect(data.notes[1]).toBe("skipped 1 empty line or document");
    }
  });

  it("text: the separator may be any text", async () => {
    const { prepare } = await place({ "in.txt": "one<|end|>two<|end|>" });
    const { documents } = await prepare({ inputFormat: "text", documentSeparator: "<|end|>", chunkBytes: 2 });
    expect(documents).toBe("|one/|two/|");
  });

  it("jsonl: one object per line, a list is a document of several sequences, an empty one stays a document", async () => {
    const lines = [
      '{"text": "one"}',
      "",
      '{"text": ["two", "", "three"]}',
      '{"text": []}',
      '{"a": NaN, "text": "four"}',
    ];
    const { prepare, folder } = await place({ "in.jsonl": `\ufeff${lines.join("\n")}` });
    const { documents } = await prepare({ input: join(folder, "in.jsonl"), chunkBytes: 3 });
    expect(documents).toBe("|one/|two//three/||four/|");
  });

  it("jsonl: several keys become several datasets", async () => {
    const { prepare, folder } = await place({ "in.jsonl": '{"a": "one", "b": "two"}\n{"a": "three", "b": "four"}\n' });
    const { data, documents } = await prepare({ input: join(folder, "in.jsonl"), jsonKeys: ["a", "b"] });
    expect(documents).toBe("|one/|three/|");
    expect(data.prefix).toBe(join(folder, "out", "x_a_document"));
    expect(data.notes.at(-1)).toContain(`openDataset("${join(folder, "out", "x_b_document")}")`);
    expect(await documentsOf(join(folder, "out", "x_b_document"))).toBe("|two/|four/|");
  });

  it(".gz of several members and .zst are decompressed, whatever format is inside", async () => {
    const text = "one\ntwo\n";
    const { prepare, folder } = await place({
      "in.txt.gz": Buffer.concat([gzipSync(text), gzipSync("three\n")]),
      // zstd -19 of "one\ntwo\n", then of "three\n" as a second frame.
      "in.txt.zst": Buffer.from(zstdFrames, "hex"),
    });
    for (const ending of ["gz", "zst"]) {
      const options = { input: join(folder, `in.txt.${ending}`), inputFormat: "lines", output: join(folder, ending) };
      expect((await prepare({ ...options, chunkBytes: 4 })).documents).toBe("|one/|two/|three/|");
    }
  });

  it("a damaged .gz is refused with its name", async () => {
    const { prepare, folder } = await place({ "in.txt.gz": gzipSync("one\n").subarray(0, 12) });
    await expect(prepare({ input: join(folder, "in.txt.gz") })).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: expect.stringMatching(/in\.txt\.gz: expected \.gz data, found unexpected end of file/),
    });
  });

  it("standard input is read once and gives the same dataset", async () => {
    const { folder } = await place({});
    const script = resolve(import.meta.dirname, "../../../support/prepare-process.mjs");
    const options = {
      input: "-",
      inputFormat: "lines",
      mode: "documents",
      tokenizer: folder,
      output: join(folder, "x"),
    };
    for (const note of [/^made in/, /^unchanged since/]) {
      const { stdout } = spawnSync(process.execPath, [script, JSON.stringify(options)], {
        input: "one\ntwo\n",
        encoding: "utf8",
      });
      const { notes } = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string) as { notes: string[] };
      expect(notes[0]).toMatch(note);
    }
    expect(await documentsOf(join(folder, "x_text_document"))).toBe("|one/|two/|");
  });
});

describe("bytes that are not UTF-8", () => {
  const bad = Buffer.from("one\nb\xff\xfed\nx\xe2\x82\n", "latin1");

  it("are refused with file and offset, also in a compressed file", async () => {
    const { prepare, folder } = await place({ "in.txt": bad, "in.txt.gz": gzipSync(bad) });
    await expect(prepare({ inputFormat: "lines" })).rejects.toMatchObject({
      code: "INPUT_NOT_UTF8",
      message: `input ${join(folder, "in.txt")}: expected UTF-8 text, found another byte sequence at offset 5`,
    });
    await expect(prepare({ input: join(folder, "in.txt.gz"), inputFormat: "lines" })).rejects.toThrow(
      /at offset 5 of the decompressed text/,
    );
  });

  it.each([
    ["replace", "|one/|b��d/|x�/|"],
    ["skip", "|one/|bd/|x/|"],
  ])("encodingErrors %s: as in Python, and counted", async (encodingErrors, expected) => {
    const { prepare } = await place({ "in.txt": bad });
    const { data, documents } = await prepare({ inputFormat: "lines", encodingErrors });
    expect(documents).toBe(expected);
    expect(data.manifest?.reading?.repaired).toBe(3);
    expect(data.notes[1]).toBe(`3 encoding errors (encodingErrors: "${encodingErrors}")`);
  });

  it("halves of characters in JSON escapes count as such; whole pairs do not", async () => {
    const text = '{"text": "a\\ud83dz"}\n{"text": "\\ud83d\\ude00"}\n';
    const { prepare, folder } = await place({ "in.jsonl": text });
    const input = join(folder, "in.jsonl");
    await expect(prepare({ input })).rejects.toMatchObject({ code: "INPUT_NOT_UTF8", details: { offset: 0 } });
    const { data, documents } = await prepare({ input, encodingErrors: "skip" });
    expect([documents, data.manifest?.reading?.repaired]).toEqual(["|az/|�/|", 1]);
  });
});

describe("a JSON line that can't be used is refused with file and offset:", () => {
  it.each([
    [
      "no JSON",
      '{"text": "a"}\n{oops}\n',
      "INPUT_LINE_INVALID",
      patternOf([
        /in\.jsonl, line 2, column 2: expected a JSON object on one line, /,
        /found "o" where a key in quotes should be; the line begins with {oops}$/,
      ]),
    ],
    [
      "another key",
      '{"text": "a"}\n{"content": "b"}\n',
      "INPUT_KEY_MISSING",
      /line 2: expected an object with the key "text", found content; the line begins with {"content": "b"}$/,
    ],
    ["a number", '{"text": 5}\n', "INPUT_LINE_INVALID", /line 1: expected "text" to be text, found 5/],
    ["no object", '"text"\n', "INPUT_KEY_MISSING", /found "text"/],
  ])("%s", async (_, text, code, message) => {
    const { prepare, folder } = await place({ "in.jsonl": text });
    const failure = prepare({ input: join(folder, "in.jsonl"), chunkBytes: 4 });
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe("the files that input names", () => {
  it("come in the order of the list, folders and patterns by path, each file once", async () => {
    const { folder } = await place({ "b.txt": "b", "a.txt": "a", "c.jsonl.gz": "", ".hidden.txt": "", "d.bin": "" });
    await mkdir(join(folder, "sub", "deep"), { recursive: true });
    await writeFile(join(folder, "sub", "deep", "z.parquet"), "");
    const names = async (inputs: string[]) =>
      (
        await findInputs(
          inputs.map((input) => join(folder, input)),
          undefined,
        )
      ).files.map(({ path }) => path.slice(folder.length + 1));
    await mkdir(join(folder, "texts"));
    expect(await names(["b.txt", "*.txt"])).toEqual(["b.txt", "a.txt"]);
    expect(await names(["**/*.parquet", "sub"])).toEqual(["sub/deep/z.parquet"]);
    expect(await names(["[ab].txt"])).toEqual(["a.txt", "b.txt"]);
    expect(await names(["{b,c}.{txt,jsonl.gz}"])).toEqual(["b.txt", "c.jsonl.gz"]);
    const { files } = await findInputs(
      [join(folder, "c.jsonl.gz"), join(folder, "sub"), join(folder, "a.txt")],
      undefined,
    );
    expect(files.map(({ format, compression }) => [format, compression])).toEqual([
      ["jsonl", "gz"],
      ["parquet", undefined],
      ["wikitext", undefined],
    ]);
  });

  it("are prepared one after the other; another file or order is a change", async () => {
    const { prepare, folder } = await place({ "1.txt": "one\n", "2.txt": "two", "3.txt": "" });
    const options = { inputFormat: "lines", input: [join(folder, "2.txt"), join(folder, "?.txt")] };
    const { documents, data } = await prepare(options);
    expect(documents).toBe("|two/|one/|");
    expect(data.manifest).toMatchObject({ input: { path: `2 files in ${folder}`, bytes: 7 }, reading: { files: 2 } });
    expect(data.notes.at(-1)).toBe("1 input file not read: 3.txt (0 bytes)");
    expect((await prepare(options)).data.notes[0]).toMatch(/^unchanged/);
    const turned = await prepare({ ...options, input: [join(folder, "?.txt")] });
    expect(turned.documents).toBe("|one/|two/|");
    expect(turned.data.notes[0]).toMatch(/because input sha256 was/);
    const fewer = await prepare({ ...options, input: join(folder, "1.txt") });
    expect(fewer.data.notes[0]).toMatch(/because number of input files was 2, now 1/);
  });
});

it("uint16 is half as large and refused for larger vocabularies", async () => {
  const { prepare, folder } = await place({ "in.txt": "one\n" });
  const { data } = await prepare({ inputFormat: "lines", dtype: "uint16" });
  expect(data.dtype).toBe("uint16");
  const bin = await readFile(`${data.prefix}.bin`);
  expect([0, 2, 4].map((at) => bin.readUInt16LE(at))).toEqual([..."one"].map(tinyId));
  const large = { added_tokens: [{ id: 70_000, content: "<x>", special: true, normalized: false }] };
  const added = { single_word: false, lstrip: false, rstrip: false, ...large.added_tokens[0] };
  await writeFile(
    join(folder, "tokenizer.json"),
    tinyTokenizer({ model: { type: "WordLevel", vocab: { a: 70_000 }, unk_token: "a" }, added_tokens: [added] }),
  );
  await expect(prepare({ dtype: "uint16" })).rejects.toThrow(/expected at most 65,536 ids, .* 70,001 ids/);
});
