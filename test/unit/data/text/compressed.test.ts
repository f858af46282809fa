import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Xxh64 } from "../../../../src/data/text/input/xxh64.js";
import { place } from "../../../support/prepare-place.js";

const sum = (text: string | Buffer) => {
  const hash = new Xxh64();
  hash.update(Buffer.from(text));
  return hash.digest();
};

/** A Zstandard frame of uncompressed blocks with a checksum (RFC 8878). */
function zstdFrame(text: string, blockBytes = 5): Buffer {
  const bytes = Buffer.from(text);
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const data = bytes.subarray(at, at + blockBytes);
    const header = Buffer.alloc(3);
    header.writeUIntLE((data.length << 3) | (at + blockBytes >= bytes.length ? 1 : 0), 0, 3);
    blocks.push(header, data);
  }
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(sum(bytes));
  // Single segment, 4 bytes of content size, checksum.
  return Buffer.concat([Buffer.from("28b52ffda4", "hex"), size, ...blocks, checksum]);
}

const text = "one\ntwo\nthree\n";
const cases = { "in.txt.gz": gzipSync(text), "in.txt.zst": zstdFrame(text) };
const prepareFile = async (name: string, bytes: Buffer) => {
  const { prepare, folder } = await place({ [name]: bytes });
  return (await prepare({ input: join(folder, name), inputFormat: "lines" })).documents;
};

describe("the hint leads to the text", () => {
  it.each<[name: string, bytes: Buffer, found: string, hint: RegExp]>([
    [
      "a.txt.gz",
      gzipSync(Buffer.from("\ufeffhello", "utf16le")),
      "UTF-16 text",
      /zcat ".*\.gz" \| iconv -f UTF-16 -t UTF-8 > utf8/,
    ],
    ["a.txt.gz", gzipSync(gzipSync("x")), "gzip data", /compressed once more; unpack it: zcat ".*\.gz" > inner\.gz/],
    ["a.txt.gz", Buffer.from("plain text"), "bytes that begin no .gz data", /remove the ending: mv ".*gz" ".*a\.txt"$/],
    ["a.txt.zst", Buffer.from("plain text"), "bytes that begin no .zst data", /remove the ending/],
    ["a.txt.gz", zstdFrame("x"), "expected .gz data, found Zstandard data", /give it the ending \.zst/],
    ["a.txt.gz", Buffer.from("version https://git-lfs.github.com/spec/v1\n"), "a pointer of Git LFS", /git lfs pull/],
    [
      "a.parquet",
      Buffer.from("version https://git-lfs.github.com/spec/v1\n"),
      "expected a Parquet file, found a pointer of Git LFS",
      /git lfs pull/,
    ],
    // A frame of zstd --long=31: its window takes 2 GB.
    [
      "a.txt.zst",
      Buffer.concat([Buffer.from("28b52ffd00a8", "hex"), Buffer.alloc(20)]),
      "a frame with a window of 2.00 GB, more than 128 MB",
      /zstd -d --long=31 "/,
    ],
  ])("of %s with other content", async (name, bytes, found, hint) => {
    const { prepare, folder } = await place({ [name]: bytes });
    const format = name.endsWith("parquet") ? {} : { inputFormat: "lines" };
    const error = await prepare({ input: join(folder, name), ...format }).catch((thrown: Error) => thrown);
    expect((error as Error).message).toMatch(new RegExp(found.replaceAll(".", "\\.")));
    expect((error as { hint?: string }).hint).toMatch(hint);
  });
});

it.each([
  ["", 0x51d8e999],
  ["abc", 0xad770999],
])("the lower half of XXH64 of %j", (bytes, expected) => {
  expect(sum(bytes)).toBe(expected);
});

describe.each(Object.entries(cases))("%s", (name, whole) => {
  it("is read", async () => {
    expect(await prepareFile(name, whole)).toBe("|one/|two/|three/|");
    expect(await prepareFile(name, Buffer.concat([whole, whole]))).toBe("|one/|two/|three/|one/|two/|three/|");
  });

  it("is refused if a byte of its checksum is another one, also in the first of two members", async () => {
    const damaged = Buffer.from(whole);
    const at = name.endsWith("gz") ? whole.length - 8 : whole.length - 1;
    damaged[at] = (damaged[at] as number) ^ 1;
    for (const bytes of [damaged, Buffer.concat([damaged, whole]), Buffer.concat([whole, damaged])])
      await expect(prepareFile(name, bytes)).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  });

  it("is refused wherever it is cut off, and with something else behind it", async () => {
    for (let end = 1; end < whole.length; end++)
      await expect(prepareFile(name, whole.subarray(0, end)), `${end} bytes`).rejects.toMatchObject({
        code: "INPUT_UNREADABLE",
        message: expect.stringMatching(/unexpected end of file/),
      });
    await expect(prepareFile(name, Buffer.concat([whole, Buffer.from("junk")]))).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
    });
  });
});
