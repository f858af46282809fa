import { expect, test } from "vitest";
import { memoryBytes } from "../../../src/core/bytes.js";
import { decodeElements, type ElementType } from "../../../src/formats/dtype.js";
import { readSafetensorsHeader } from "../../../src/formats/safetensors/header.js";
import { readTensorValues } from "../../../src/formats/tensor-entry.js";
import { floats, integer, safetensorsFile } from "../../support/safetensors-file.js";

const source = (bytes: Uint8Array) => memoryBytes("a.safetensors", bytes);

test("a header lists the tensors in the order of their data, with shape, elements, bytes and position", async () => {
  const file = safetensorsFile(
    { b: { ...floats(1, 2, 3, 4, 5, 6), shape: [2, 3] }, step_num: integer(100) },
    { metadata: { format: "ms" } },
  );
  const header = await readSafetensorsHeader(source(file));
  expect(header.metadata).toEqual({ format: "ms" });
  expect(header.tensors).toEqual([
    { name: "b", dtype: "F32", shape: [2, 3], elements: 6, bytes: 24, start: header.dataStart },
    { name: "step_num", dtype: "I64", shape: [], elements: 1, bytes: 8, start: header.dataStart + 24 },
  ]);
});

test("a tensor's values are read: numbers, and bigint for whole numbers of 64 bits", async () => {
  const bytes = source(safetensorsFile({ a: floats(1.5, Number.NaN), s: integer(146) }));
  const { tensors } = await readSafetensorsHeader(bytes);
  const [a, s] = tensors;
  if (!a || !s) throw new Error("two tensors expected");
  expect(await readTensorValues(bytes, a)).toEqual(Float64Array.of(1.5, Number.NaN));
  expect(await readTensorValues(bytes, s)).toEqual(BigInt64Array.of(146n));
  await expect(readTensorValues(bytes, a, { limit: 1 })).rejects.toThrow("expected at most 1 elements, found 2");
});

test("a file without tensors, tensors without elements and a tensor called __proto__ are all valid", async () => {
  expect((await readSafetensorsHeader(source(safetensorsFile({})))).tensors).toEqual([]);
  const json = '{"__proto__":{"dtype":"U8","shape":[3,0],"data_offsets":[0,0]}}';
  const { tensors } = await readSafetensorsHeader(source(safetensorsFile({}, { header: json })));
  expect(tensors[0]).toMatchObject({ name: "__proto__", elements: 0, shape: [3, 0] });
});

test("a header of half a million tensors is read in seconds", { timeout: 60_000 }, async () => {
  const spec = { dtype: "U8", shape: [1], data: Uint8Array.of(7) };
  const many = Object.fromEntries(Array.from({ length: 500_000 }, (_, i) => [`decoder.layers.${i}.weight`, spec]));
  expect((await readSafetensorsHeader(source(safetensorsFile(many)))).tensors).toHaveLength(500_000);
});

// Bit patterns and values from IEEE 754 and the OCP 8-bit specification.
test.each<[ElementType, number[], number[]]>([
  ["F16", [0x00, 0x3c, 0x01, 0x00, 0xff, 0x7b, 0x00, 0xfc], [1, 2 ** -24, 65504, Number.NEGATIVE_INFINITY]],
  ["BF16", [0x80, 0x3f, 0x49, 0xc0, 0x80, 0x7f, 0xc0, 0x7f], [1, -3.140625, Number.POSITIVE_INFINITY, Number.NaN]],
  ["F8_E4M3", [0x38, 0x7e, 0x7f, 0x01, 0x80], [1, 448, Number.NaN, 2 ** -9, -0]],
  [
    "F8_E5M2",
    [0x3c, 0x7b, 0x7c, 0x7d, 0xfc],
    [1, 57344, Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY],
  ],
  ["F8_E4M3FNUZ", [0x40, 0x80, 0x7f], [1, Number.NaN, 240]],
  ["F8_E5M2FNUZ", [0x40, 0x80, 0x7f], [1, Number.NaN, 57344]],
  ["F8_E8M0", [127, 128, 255], [1, 2, Number.NaN]],
  ["C64", [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], [1, -2]],
  ["I16", [0xff, 0xff], [-1]],
  ["U16", [0xff, 0xff], [65535]],
  ["I8", [0x80], [-128]],
  ["BOOL", [0, 1], [0, 1]],
])("%s is decoded by its definition", (type, bytes, values) => {
  expect(decodeElements(Uint8Array.from(bytes), type)).toEqual(Float64Array.from(values));
});
