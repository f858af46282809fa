import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
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
  expect(data.notes.at(-1)).toMatch(/^5 input files not read: a\.csv \(a table; .*\); a\.jsonl\.bz2 \(bzip2 data/);
  expect((await prepare(options)).data.notes).toEqual([
    expect.stringMatching(/^unchanged/),
    expect.stringMatching(/^5 input files not read/),
  ]);
});

it("links to nothing, sockets, pipes, and files of 0 bytes among others are named, too", async () => {
  const { prepare, folder } = await place({});
  const texts = join(folder, "texts");
  await mkdir(texts);
  await writeFile(join(texts, "b.jsonl"), line);
  await writeFile(join(texts, "empty.jsonl"), "");
  await symlink("nowhere", join(texts, "dead"));
  execFileSync("mkfifo", [join(texts, "pipe.jsonl")]);
  const server = createServer().listen(join(texts, "socket"));
  await once(server, "listening");
  const { data } = await prepare({ input: texts });
  server.close();
  expect(data.manifest?.reading?.leftOut?.map(({ path, why }) => [path.slice(texts.length + 1), why])).toEqual([
    ["dead", "a link to nothing"],
    ["empty.jsonl", "0 bytes"],
    ["pipe.jsonl", "a named pipe"],
    ["socket", "a socket"],
  ]);
});

it("a folder of other files only is refused with their names, compressed files and tables first", async () => {
  const { prepare, folder } = await place({});
  await mkdir(join(folder, "texts"));
  for (const name of ["a", "b", "c", "d", "e", "x.warc.gz", "y.parquet.gz", "z.csv"])
    await writeFile(join(folder, "texts", name), line);
  await expect(prepare({ input: join(folder, "texts") })).rejects.toMatchObject({
    code: "FILE_MISSING",
    message: expect.stringMatching(
      /other kinds: y\.parquet\.gz \(a compressed Parquet .*z\.csv \(a table.*a \(no ending.*and 3 more$/,
    ),
  });
  await writeFile(join(folder, "texts", "b.jsonl"), line);
  const { data } = await prepare({ input: join(folder, "texts") });
  expect(data.manifest?.reading?.leftOut?.at(-3)?.why).toMatch(/^the ending \.warc\.gz, /);
});

it("a link to nothing and a socket that are named themselves are called so", async () => {
  const { prepare, folder } = await place({});
  await symlink("nowhere", join(folder, "dead.txt"));
  await symlink("round.txt", join(folder, "round.txt"));
  for (const name of ["dead.txt", "round.txt"])
    await expect(prepare({ input: join(folder, name) })).rejects.toMatchObject({
      code: "FILE_MISSING",
      message: expect.stringContaining("found a link to nothing"),
    });
  const server = createServer().listen(join(folder, "socket"));
  await once(server, "listening");
  await expect(prepare({ input: join(folder, "socket") })).rejects.toMatchObject({
    message: expect.stringContaining("found a socket"),
  });
  server.close();
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
    ["a.jsonl.lz4", "LZ4 data", "lz4 -dk"],
    ["a.txt.br", "Brotli data", "brotli -dk"],
    ["a.parquet.gz", "a compressed Parquet file", "gunzip -k"],
  ])("%s by its ending", async (name, what, hint) => {
    const { prepare, folder } = await place({ [name]: "x" });
    await expect(prepare({ input: join(folder, name) })).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: `input ${join(folder, name)}: expected text, .gz, .zst, or Parquet, found ${what}`,
      hint: expect.stringContaining(hint),
    });
  });

  const tar = Buffer.concat([Buffer.alloc(257, "a\0"), Buffer.from("ustar")]).toString("hex");
  const pointer = Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\n").toString("hex");
  it.each([
    ["425a6839314159265359", "bzip2 data", "bunzip2 -c"],
    ["425a683917724538509000000000", "bzip2 data", "bunzip2 -c"],
    ["fd377a585a000004", "xz data", "unxz -c"],
    ["5d00008000ffffffffffffffff", "LZMA data", "unlzma -c"],
    ["1f9d90", "data of compress", "uncompress -c"],
    ["504b030414000000", "a zip archive", "unzip -p"],
    ["504b050600000000", "a zip archive", "unzip -p"],
    [tar, "a tar archive", "tar -xOf"],
    [pointer, "a pointer of Git LFS", "git lfs pull"],
    [Buffer.from("\ufeffcafé", "utf16le").toString("hex"), "UTF-16 text", "iconv -f UTF-16 -t UTF-8"],
    [Buffer.from("some text", "utf16le").toString("hex"), "UTF-16LE text", "iconv -f UTF-16LE"],
    ["0068006900200079006f0075", "UTF-16BE text", "iconv -f UTF-16BE"],
    ["fffe000068000000690000000a000000", "UTF-32 text", "iconv -f UTF-32 "],
    ["0000feff0000006800000069", "UTF-32 text", "iconv -f UTF-32 "],
    ["68000000690000000a000000", "UTF-32LE text", "iconv -f UTF-32LE"],
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
