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
