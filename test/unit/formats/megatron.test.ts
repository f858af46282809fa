import { describe, expect, it } from "vitest";
import { memoryBytes } from "../../../src/core/bytes.js";
import { FormatError } from "../../../src/core/error.js";
import {
  decodeTokens,
  encodeMegatronIndex,
  readIndexEntry,
  readMegatronIndex,
  type TokenType,
} from "../../../src/formats/megatron.js";

function encode(lengths: readonly number[], documentEnds: readonly number[], dtype: TokenType = "int32"): Buffer {
  return Buffer.concat([
    ...encodeMegatronIndex({
      dtype,
      sequences: lengths.length,
      documents: documentEnds.length,
      length: (i) => lengths[i] as number,
      documentEnd: (i) => documentEnds[i] as number,
    }),
  ]);
}

const five = () => encode([5, 3, 7, 4, 6], [1, 2, 3, 4, 5]);
const read = (bytes: Uint8Array) => readMegatronIndex(memoryBytes("five.idx", bytes));

async function failure(bytes: Uint8Array): Promise<FormatError> {
  const error = await read(bytes).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

describe("the Megatron index", () => {
  it("has the bytes that MindFormers' own writer gives for five documents", () => {
    const i64 = (...values: number[]) => Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer).toString("hex");
    expect(five().toString("hex")).toBe(
      "4d4d494449445800000100000000000000040500000000000000" +
        "0600000000000000" +
        "0500000003000000070000000400000006000000" +
        i64(0, 20, 32, 60, 76) +
        i64(0, 1, 2, 3, 4, 5),
    );
    expect(five().byteLength).toBe(142);
  });

  it("is read back with the totals that its entries add up to", async () => {
    const index = await read(five());
    expect(index).toEqual({
      dtype: "int32",
      sequences: 5,
      documents: 5,
      tokens: 25,
      binBytes: 100,
      uniformLength: undefined,
    });
    expect(await readIndexEntry(memoryBytes("five.idx", five()), index, 3)).toEqual({ length: 4, offset: 60 });
  });

  it("knows the length of the sequences when they are all alike", async () => {
    expect((await read(encode([9, 9], [1, 2]))).uniformLength).toBe(9);
  });

  it("may end in one mode byte per sequence, as multimodal datasets do", async () => {
    expect((await read(Buffer.concat([five(), Buffer.alloc(5)]))).sequences).toBe(5);
  });

  it("may hold documents of several sequences, and no sequence at all", async () => {
    expect((await read(encode([1, 2, 3], [2, 3]))).documents).toBe(2);
    expect((await read(encode([], []))).tokens).toBe(0);
  });

  it("spans more than one block of entries without a seam", async () => {
    const lengths = Array.from({ length: 150_000 }, (_, i) => i % 7);
    const index = await read(encode(lengths, [150_000], "uint16"));
    expect(index.tokens).toBe(lengths.reduce((sum, length) => sum + length, 0));
    expect(index.binBytes).toBe(2 * index.tokens);
  });
});

describe("a damaged Megatron index", () => {
  it("cut short at any byte is refused with the place where it ends", async () => {
    for (let size = 0; size < 142; size++) {
      const error = await failure(five().subarray(0, size));
      expect(error.offset, `${size} bytes`).toBe(size);
      expect(error.message).toContain(`found ${size}`);
    }
  });

  it("that claims more entries than it has bytes is refused before anything is allocated", async () => {
    const bytes = five();
    bytes.writeBigUInt64LE(2n ** 62n, 18);
    expect((await failure(bytes)).message).toContain("12 × 4611686018427387904");
  });

  it.each([
    ["the magic", 3, 0x20, /MMIDIDX/, 3],
    ["the version", 9, 2, /expected version 1, found 2/, 9],
    ["the token type, a float", 17, 7, /token type of 1, 2, 3, 4, 5, 8, found 7/, 17],
    ["the token type, unknown", 17, 9, /found 9/, 17],
    ["a pointer", 54 + 8, 21, /sequence 1: expected to start at byte 20, found 21/, 62],
    ["the first document entry", 94, 1, /document entry 0: expected 0, found 1/, 94],
    ["a document entry that goes back", 94 + 16, 0, /document entry 2: expected 1 to 5, found 0/, 110],
    ["the last document entry", 94 + 40, 4, /document entry 5: expected 5, found 4/, 134],
  ])("names %s and its offset", async (_, at, value, message, offset) => {
    const bytes = five();
    bytes[at] = value;
    const error = await failure(bytes);
    expect(error.message).toMatch(message);
    expect([error.code, error.file, error.offset]).toEqual(["MEGATRON_INDEX_INVALID", "five.idx", offset]);
  });

  it("with a negative length is refused", async () => {
    const bytes = five();
    bytes.writeInt32LE(-5, 38);
    expect((await failure(bytes)).message).toContain("sequence 1: expected a length of 0 or more, found -5");
  });
});

it("tokens of every type are read as the numbers they are", () => {
  const bytes = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);
  expect(decodeTokens(bytes(Uint8Array.of(1, 255)), "uint8")).toEqual([1, 255]);
  expect(decodeTokens(bytes(Int8Array.of(1, -1)), "int8")).toEqual([1, -1]);
  expect(decodeTokens(bytes(Int16Array.of(1, -2)), "int16")).toEqual([1, -2]);
  expect(decodeTokens(bytes(Uint16Array.of(1, 65535)), "uint16")).toEqual([1, 65535]);
  expect(decodeTokens(bytes(Int32Array.of(128814, -1)), "int32")).toEqual([128814, -1]);
  expect(decodeTokens(bytes(BigInt64Array.of(7n, -1n)), "int64")).toEqual([7, -1]);
});
