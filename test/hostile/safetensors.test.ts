import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryBytes } from "../../src/core/bytes.js";
import { FormatError } from "../../src/core/error.js";
import { readSafetensorsHeader } from "../../src/formats/safetensors/header.js";
import { floats, safetensorsFile } from "../support/safetensors-file.js";

const good = safetensorsFile({ a: floats(1, 2), b: floats(3) });

async function refusal(bytes: Uint8Array): Promise<FormatError> {
  const found = await readSafetensorsHeader(memoryBytes("x.safetensors", bytes)).catch((error: unknown) => error);
  if (!(found instanceof FormatError)) throw new Error(`no FormatError but ${JSON.stringify(found)}`);
  expect(found.code).toBe("SAFETENSORS_INVALID");
  expect(found.file).toBe("x.safetensors");
  return found;
}

const withLength = (length: bigint) => {
  const bytes = Uint8Array.from(good);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
};

const withHeader = (header: string, data = 12) => {
  return safetensorsFile({ d: { dtype: "U8", shape: [data], data: new Uint8Array(data) } }, { header });
};

const tensor = (dtype: unknown, shape: unknown, offsets: unknown) =>
  JSON.stringify({ a: { dtype, shape, data_offsets: offsets } });

describe("a safetensors file is refused before anything is allocated if", () => {
  test("its header is longer than the file: both numbers are named", async () => {
    const error = await refusal(withLength(5000n));
    expect(error.message).toContain(`a header of 5000 bytes = 5008, found a file of ${good.byteLength} bytes`);
    expect(error.offset).toBe(0);
    expect((await refusal(withLength(2n ** 64n - 1n))).message).toContain("18446744073709551615");
  });

  test("it is shorter than the length field", async () => {
    expect((await refusal(Uint8Array.of(1, 2, 3))).message).toContain("expected at least the 8 bytes");
    await refusal(new Uint8Array(0));
  });

  test("its header is larger than any reader accepts, although the file has room for it", async () => {
    const huge = {
      name: "x.safetensors",
      byteLength: 2 ** 40,
      slice: async (start: number, end: number) => {
        if (end - start > 8) throw new Error("read the header");
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setBigUint64(0, 2n ** 39n, true);
        return bytes;
      },
    };
    await expect(readSafetensorsHeader(huge)).rejects.toThrow("expected a header of at most 100000000 bytes");
  });

  test.each([
    ["not JSON", "hello"],
    ["cut JSON", '{"a":'],
    ["a list", "[1]"],
    ["begun with spaces", ' {"a":1}'],
    ["of wrong metadata", '{"__metadata__":{"a":1}}'],
    ["of wrong metadata", '{"__metadata__":[]}'],
  ])("its header is %s", async (_, header) => {
    expect((await refusal(withHeader(header))).message).toMatch(/header.*expected/);
  });

  test("its header is not UTF-8", async () => {
    const bytes = Uint8Array.from(good);
    bytes[12] = 0xff;
    expect((await refusal(bytes)).message).toContain("UTF-8");
  });

  test.each([
    ["an unknown dtype", tensor("F128", [12], [0, 12]), "dtype: expected one of"],
    ["a dtype from the prototype", tensor("constructor", [12], [0, 12]), "dtype: expected one of"],
    ["no dtype", tensor(undefined, [12], [0, 12]), "found nothing"],
    ["a negative dimension", tensor("U8", [-12], [0, 12]), "shape: expected"],
    ["a fractional dimension", tensor("U8", [1.5, 8], [0, 12]), "shape: expected"],
    ["a shape that is no list", tensor("U8", 12, [0, 12]), "shape: expected"],
    ["offsets that are not two", tensor("U8", [12], [0, 6, 12]), "data_offsets: expected two"],
    ["offsets that run backwards", tensor("U8", [12], [12, 0]), "begin ≤ end, found 12 and 0"],
    ["an end behind the file", tensor("U8", [13], [0, 13]), "at most 12 (bytes of data in the file), found 13"],
    ["fewer bytes than its shape", tensor("F32", [2, 2], [0, 12]), "2 × 2 × 32 bits = 16 bytes"],
    ["an overflowing shape", tensor("F32", [2 ** 52, 2 ** 52, 0], [0, 0]), "shape and dtype"],
    ["half a byte", tensor("F4", [3], [0, 1]), "3 × 4 bits = 1.5 bytes"],
    ["no object as value", '{"a":null}', "expected an object"],
  ])("a tensor has %s", async (_, header, message) => {
    expect((await refusal(withHeader(header))).message).toContain(message);
  });

  test("tensors overlap, leave a gap, or leave bytes at the end", async () => {
    const two = (b: number[]) => {
      const entry = (offsets: number[]) => ({
        dtype: "U8",
        shape: [(offsets[1] ?? 0) - (offsets[0] ?? 0)],
        data_offsets: offsets,
      });
      return withHeader(JSON.stringify({ a: entry([0, 6]), b: entry(b) }));
    };
    expect((await refusal(two([4, 12]))).message).toContain("(overlap of 2 bytes)");
    expect((await refusal(two([8, 12]))).message).toContain("(gap of 2 bytes)");
    expect((await refusal(two([6, 10]))).message).toContain("expected the file to end after");
  });
});

test("any file cut short or with one byte changed is either read or refused with a FormatError", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(good.byteLength - 1), fc.nat(255), fc.nat(good.byteLength), async (at, value, end) => {
      const bytes = Uint8Array.from(good).subarray(0, end);
      if (at < end) bytes[at] = value;
      const result = await readSafetensorsHeader(memoryBytes("x", bytes)).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toBeInstanceOf(FormatError);
    }),
    { numRuns: 2000 },
  );
});
