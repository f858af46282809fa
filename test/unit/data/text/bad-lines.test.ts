import { open, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { PrepareStore } from "../../../../src/data/prepare/store.js";
import { place } from "../../../support/prepare-place.js";

const good = (text: string) => JSON.stringify({ text });

describe("a JSON line that can't be used is named by line, column, and beginning", () => {
  const before = Array.from({ length: 500 }, (_, i) => good(`line ${i}`)).join("\n");

  it.each([
    [
      '{"text": "a" "b"}',
      "INPUT_LINE_INVALID",
      'line 501, column 14: expected a JSON object on one line, found "\\"" where "," or "}" should be; ' +
        'the line begins with {"text": "a" "b"}',
    ],
    [
      '{"text": "a',
      "INPUT_LINE_INVALID",
      "line 501, column 12: " +
        "expected a JSON object on one line, found the end of the line where a closing quote should be",
    ],
    ['{"é😀": 1,}', "INPUT_LINE_INVALID", "line 501, column 10: expected a JSON object on one line"],
    [
      '{"text": 5}',
      "INPUT_LINE_INVALID",
      'line 501: expected "text" to be text, found 5; the line begins with {"text": 5}',
    ],
    ['["x"]', "INPUT_LINE_INVALID", "line 501: expected one JSON object per line, found a list"],
    [`{"body": "${"y".repeat(200)}"}`, "INPUT_KEY_MISSING", `the line begins with {"body": "${"y".repeat(50)}`],
  ])("%s", async (line, code, message) => {
    for (const [name, bytes] of [
      ["in.jsonl", Buffer.from(`${before}\n${line}\n${good("after")}\n`)],
      ["in.jsonl.gz", gzipSync(`${before}\r\n${line}\r\n`)],
    ] as const) {
      const { prepare, folder } = await place({ [name]: bytes });
      await expect(prepare({ input: join(folder, name), chunkBytes: 5000 })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
    }
  });

  it.each([
    ['{"text": "a"}{"text": "b"}', "jq -c"],
    ['{"text":', "jq -c"],
    ["[", "jq -c"],
    ["{'text': 'a'}", "correct it"],
    ['{"text": "a"},', "correct it"],
    ['// comment\n{"text": "a"}', "correct it"],
    ['{"text": "a\tb"}', "correct it"],
    ['{"text": "a"}\u2028{"text": "b"}', "correct it"],
    ['{"text": "a"}\f', "correct it"],
    ["\u001e{}", "correct it"],
  ])("the hint to rearrange JSON is given only where jq can do it: %j", async (text, hint) => {
    const { prepare, folder } = await place({ "in.jsonl": `${text}\n` });
    await expect(prepare({ input: join(folder, "in.jsonl") })).rejects.toMatchObject({
      code: "INPUT_LINE_INVALID",
      hint: expect.stringContaining(hint),
    });
  });

  it.each([
    ['{"text": "a"}\u0085', "the invisible character U+0085", 'begins with {"text": "a"}\\u0085'],
    ["\u001e1", '"\\u001e"', "begins with \\u001e1"],
    ["\ufeff\ufeff{}", "the invisible character U+FEFF", "begins with \\ufeff{}"],
    ["null", 'with the key "text", found null', "begins with null"],
    ["42", 'with the key "text", found 42', "begins with 42"],
  ])("what nobody sees is written out: %j", async (text, found, start) => {
    const { prepare, folder } = await place({ "in.jsonl": text });
    const error = await prepare({ input: join(folder, "in.jsonl") }).catch((thrown: Error) => thrown);
    expect((error as Error).message).toContain(found);
    expect((error as Error).message).toContain(start);
  });

  it("the hint names the keys of the line that hold text", async () => {
    const { prepare, folder } = await place({
      "in.jsonl": '{"id": 7, "content": "x", "parts": ["y"], "meta": {"text": "z"}}\n',
      "other.jsonl": '{"id": 7}\n',
    });
    await expect(prepare({ input: join(folder, "in.jsonl") })).rejects.toMatchObject({
      hint:
        'name a key that holds text, here jsonKeys: ["content"] or jsonKeys: ["parts"], ' +
        'or pass onBadLines: "skip" to skip such lines',
    });
    await expect(prepare({ input: join(folder, "other.jsonl") })).rejects.toMatchObject({
      hint: 'correct it, or pass onBadLines: "skip" to skip such lines',
    });
  });
});

describe('onBadLines: "skip"', () => {
  const lines = [
    good("one"),
    "{oops",
    good("two"),
    '{"text": null}',
    '{"a": "b"}',
    '{"text": ["x", 5]}',
    good("three"),
  ];
  const text = `${lines.join("\n")}\n`;

  it("leaves bad lines out, whole, and says how many there were and where the first is", async () => {
    const { prepare, folder } = await place({ "in.jsonl": text });
    for (const chunkBytes of [1, 1000]) {
      const options = {
        input: join(folder, "in.jsonl"),
        onBadLines: "skip",
        chunkBytes,
        output: join(folder, `${chunkBytes}`),
      };
      const { data, documents } = await prepare(options);
      expect(documents).toBe("|one/|two/|three/|");
      expect(data.manifest?.reading).toMatchObject({
        badLines: 4,
        firstBadLine: expect.stringContaining("line 2, column 2"),
      });
      expect(data.notes.join()).toContain(
        `skipped 4 bad lines; the first: input ${options.input}, line 2, column 2: expected`,
      );
      expect((await prepare(options)).data.notes[0]).toMatch(/^unchanged/);
      const { onBadLines, ...strict } = options;
      expect(onBadLines).toBe("skip");
      await expect(prepare(strict)).rejects.toMatchObject({ code: "INPUT_LINE_INVALID" });
    }
  });

  it("stops at the limit, with the count and the first line", async () => {
    const { prepare, folder } = await place({ "in.jsonl": text });
    const options = { input: join(folder, "in.jsonl"), onBadLines: "skip" };
    await expect(prepare({ ...options, badLineLimit: 3 })).rejects.toMatchObject({
      code: "INPUT_LINE_INVALID",
      message: expect.stringMatching(
        /^expected at most 3 bad lines, found 4 so far\. The first: input .*line 2, column 2/,
      ),
    });
    for (const badLineLimit of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "3"])
      await expect(prepare({ ...options, badLineLimit })).rejects.toMatchObject({
        code: "ARGUMENT_INVALID",
        message: expect.stringContaining("a whole number from 0 to"),
      });
    expect((await prepare({ ...options, badLineLimit: 4 })).documents).toBe("|one/|two/|three/|");
  });

  it("all lines bad: the error counts them and names the first, instead of blank lines", async () => {
    const { prepare, folder } = await place({ "in.jsonl": "x\n42\nnull\n", "blank.jsonl": "\n \n" });
    await expect(prepare({ input: join(folder, "in.jsonl"), onBadLines: "skip" })).rejects.toMatchObject({
      code: "INPUT_EMPTY",
      message: expect.stringMatching(/found 3 bad lines, all skipped; the first: input .*, line 1, column 1: expected/),
      hint: expect.stringContaining("check that it is the file you mean"),
    });
    await expect(prepare({ input: join(folder, "blank.jsonl") })).rejects.toMatchObject({
      code: "INPUT_EMPTY",
      message: expect.stringContaining("found 3 bytes of blank lines"),
    });
  });

  it("does not rule bytes and escapes that are no characters: encodingErrors does", async () => {
    const { prepare, folder } = await place({ "in.jsonl": '{"text": "\\ud83d"}\n' });
    await expect(prepare({ input: join(folder, "in.jsonl"), onBadLines: "skip" })).rejects.toMatchObject({
      code: "INPUT_NOT_UTF8",
    });
  });

  it("a repair of such a dataset leaves the same lines out", async () => {
    const { prepare, folder } = await place({ "in.jsonl": text });
    const { data } = await prepare({ input: join(folder, "in.jsonl"), onBadLines: "skip" });
    const bin = await readFile(`${data.prefix}.bin`);
    await writeFile(`${data.prefix}.bin`, Buffer.alloc(bin.length));
    expect((await data.repair()).repaired).toHaveLength(1);
    expect((await readFile(`${data.prefix}.bin`)).equals(bin)).toBe(true);
  });
});

describe("an input that is overwritten in place between its first and its last reading, at the same size", () => {
  it.each([false, true])(
    "is refused, also if its time of modification is set back (%s); nothing is kept of it",
    async (setBack) => {
      const { prepare, folder } = await place({ "in.jsonl": `${good("one")}\n${good("two")}\n` });
      const input = join(folder, "in.jsonl");
      const { atime, mtime } = await stat(input);
      const addScans = PrepareStore.prototype.addScans;
      PrepareStore.prototype.addScans = async function (scans) {
        await addScans.call(this, scans);
        const file = await open(input, "r+");
        await file.write("six", 9);
        await file.close();
        if (setBack) await utimes(input, atime, mtime);
      };
      try {
        await expect(prepare({ input })).rejects.toMatchObject({
          code: "INPUT_CHANGED",
          message: expect.stringMatching(
            /in\.jsonl: expected the bytes of the first reading \(sha256 \w{12}\), found other bytes/,
          ),
        });
      } finally {
        PrepareStore.prototype.addScans = addScans;
      }
      expect((await prepare({ input })).documents).toBe("|six/|two/|");
    },
  );

  it("is accepted if it was only touched", async () => {
    const { prepare, folder } = await place({ "in.jsonl": `${good("one")}\n` });
    const input = join(folder, "in.jsonl");
    const addScans = PrepareStore.prototype.addScans;
    PrepareStore.prototype.addScans = async function (scans) {
      await addScans.call(this, scans);
      await utimes(input, new Date(), new Date());
    };
    try {
      expect((await prepare({ input })).documents).toBe("|one/|");
    } finally {
      PrepareStore.prototype.addScans = addScans;
    }
  });
});
