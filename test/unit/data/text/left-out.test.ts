import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { place } from "../../../support/prepare-place.js";

const line = '{"text": "b"}\n';

it("files of a folder that are not read are named with the reason, in the notes and in the manifest", async () => {
  const { prepare, folder } = await place({});
  await mkdir(join(folder, "texts", "sub"), { recursive: true });
  const names = [
    "a.jsonl.bz2",
    "b.jsonl",
    "d.jsonl.bak",
    "a.csv",
    "e",
    ".hidden",
    "sub/f.tar.gz",
    "sub/g.jsonl",
    "x_text_document.bin",
  ];
  for (const name of names) await writeFile(join(folder, "texts", name), line);
  const options = { input: join(folder, "texts"), output: join(folder, "out") };
  const { data, documents } = await prepare(options);
  expect(documents).toBe("|b/|b/|");
  const reading = data.manifest?.reading;
  expect(reading?.leftOut?.map(({ path, why }) => [path.slice(folder.length + 7), why])).toEqual([
    ["a.csv", "a table; write it as JSON lines or Parquet"],
    ["a.jsonl.bz2", `bzip2 data; unpack it: bunzip2 -k "${join(folder, "texts", "a.jsonl.bz2")}"`],
    ["d.jsonl.bak", "the ending .bak, expected that of a text file; name the file itself to read it"],
    ["e", "no ending, expected that of a text file; name the file itself to read it"],
    ["sub/f.tar.gz", `a tar archive; unpack it: tar -xf "${join(folder, "texts", "sub", "f.tar.gz")}"`],
  ]);
  expect(data.notes.at(-1)).toMatch(
    /^5 files of the input folders not read: a\.csv \(a table; .*\); a\.jsonl\.bz2 \(bzip2 data/,
  );
  expect((await prepare(options)).data.notes).toEqual([
    expect.stringMatching(/^unchanged/),
    expect.stringMatching(/^5 files of the input folders not read/),
  ]);
});

it("a file that is named itself is read, whatever its ending; then it is not among those left out", async () => {
  const { prepare, folder } = await place({});
  await mkdir(join(folder, "texts"));
  for (const name of ["b.jsonl", "d.jsonl.bak"]) await writeFile(join(folder, "texts", name), line);
  const input = [join(folder, "texts"), join(folder, "texts", "d.jsonl.bak")];
  const { data } = await prepare({ input, inputFormat: "jsonl" });
  expect([data.documents, data.manifest?.reading?.leftOut]).toEqual([2, undefined]);
});

describe("what is no text is refused by name", () => {
  it.each([
    ["a.jsonl.bz2", "bzip2 data", 'unpack it first: bunzip2 -k "'],
    ["a.txt.xz", "xz data", "unxz -k"],
    ["a.zip", "a zip archive", "unzip"],
    ["a.tar.gz", "a tar archive", "tar -xf"],
    ["a.7z", "a 7-Zip archive", "7z x"],
  ])("%s by its ending", async (name, what, hint) => {
    const { prepare, folder } = await place({ [name]: "x" });
    await expect(prepare({ input: join(folder, name) })).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: `input ${join(folder, name)}: expected text, .gz, .zst, or Parquet, found ${what}`,
      hint: expect.stringContaining(hint),
    });
  });

  it.each([
    ["425a6839314159265359", "bzip2 data", "bunzip2 -kc"],
    ["fd377a585a000004", "xz data", "unxz -kc"],
    ["504b030414000000", "a zip archive", "unzip -p"],
    ["255044462d312e37", "a PDF document", "pdftotext"],
    ["89504e470d0a1a0a", "a PNG image", "exclude it"],
    ["ffd8ffe000104a46", "a JPEG image", "exclude it"],
    ["7f454c4602010100", "a program", "exclude it"],
  ])("%s by its first bytes, whatever encodingErrors says, also inside of .gz", async (bytes, what, hint) => {
    const content = Buffer.from(bytes, "hex");
    const { prepare, folder } = await place({ "in.txt": content, "in.txt.gz": gzipSync(content) });
    for (const input of [join(folder, "in.txt"), join(folder, "in.txt.gz")])
      for (const encodingErrors of ["error", "replace", "skip"])
        await expect(prepare({ input, encodingErrors })).rejects.toMatchObject({
          code: "INPUT_NOT_UTF8",
          message: expect.stringContaining(`found ${what} at offset 0`),
          hint: expect.stringContaining(hint),
        });
  });

  it("the hint to replace is given for text in another encoding, never for bytes that are no text", async () => {
    const random = Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256));
    const { prepare, folder } = await place({
      "in.txt": Buffer.from("café au lait\n".repeat(100), "latin1"),
      "b.txt": Buffer.concat([Buffer.from("text\n"), random]),
    });
    await expect(prepare({})).rejects.toMatchObject({
      hint: expect.stringContaining('or pass encodingErrors: "replace"'),
    });
    await expect(prepare({ input: join(folder, "b.txt") })).rejects.toMatchObject({
      code: "INPUT_NOT_UTF8",
      hint: expect.stringMatching(/or exclude the file: the bytes there are not text in any encoding$/),
    });
  });
});
