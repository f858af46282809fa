import { createCipheriv } from "node:crypto";
import { expect, test } from "vitest";
import { type ByteSource, memoryBytes } from "../../src/core/bytes.js";
import { isLabError } from "../../src/core/error.js";
import { decryptedCkpt } from "../../src/formats/mindspore-ckpt/decrypt.js";
import { readCkptHeader } from "../../src/formats/mindspore-ckpt/header.js";
import { ckptCrc, ckptText, ckptTrailer, ckptValueHead } from "../../src/formats/mindspore-ckpt/write.js";
import { readSafetensorsHeader } from "../../src/formats/safetensors/header.js";
import { readStrategy } from "../../src/formats/strategy/read.js";
import { formatStrategy } from "../../src/formats/strategy/write.js";
import { readTensorBytes } from "../../src/formats/tensor-entry.js";
import { mutate, seeded } from "../support/mutations.js";
import { floats, integer, safetensorsFile } from "../support/safetensors-file.js";

const mutations = Number(process.env.MF_LAB_MUTATIONS ?? 4000);

function ckptFile(): Uint8Array {
  const values = new Uint8Array(Float32Array.from({ length: 24 }, (_, i) => i).buffer);
  const whole = { name: "decoder.weight", dtype: "F32" as const, shape: [4, 6] };
  const single = { name: "step_num", dtype: "I64" as const, shape: [] };
  const body = Buffer.concat([
    ckptValueHead(whole, 48),
    values.subarray(0, 48),
    ckptValueHead(whole, 48),
    values.subarray(48),
    ckptValueHead(single, 8),
    new Uint8Array(8),
    ckptText("note", "日本"),
  ]);
  return Uint8Array.from(Buffer.concat([body, ckptTrailer(ckptCrc(body))]));
}

/** Bytes that reading a file may take beside twice its size. */
const mostMemory = 64 * 2 ** 20;

const key = "0123456789abcdef";

/** One block as MindSpore frames it. */
function encryptedFile(plain: Uint8Array): Uint8Array {
  const iv = Buffer.alloc(16, 7);
  const cipher = createCipheriv("aes-128-gcm", key, iv.subarray(0, 12));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const head = [number(0x7f3a5ed8), cipher.getAuthTag(), number(24 + text.byteLength), number(16), iv];
  return Uint8Array.from(Buffer.concat([...head, number(text.byteLength), text]));
}

const safetensors = safetensorsFile(
  { a: floats(1, 2, 3), b: floats(4), n: integer(5) },
  { metadata: { format: "ms" } },
);
const strategy = Uint8Array.from(
  formatStrategy(1, [
    {
      name: "decoder.weight",
      deviceMatrix: [2, 4],
      tensorMap: [0, -1],
      sliceShape: [8, 16],
      indicesOffset: [0],
      field: 0,
      optimizerShardStep: 4,
      optimizerShardSize: 2,
    },
  ]),
);

async function readAll(
  source: ByteSource,
  header: (source: ByteSource) => Promise<{ readonly tensors: readonly Parameters<typeof readTensorBytes>[1][] }>,
) {
  const { tensors } = await header(source);
  for (const entry of tensors) {
    const bytes = await readTensorBytes(source, entry);
    expect(bytes.byteLength).toBe(entry.bytes);
  }
}

const formats: readonly (readonly [name: string, file: Uint8Array, read: (source: ByteSource) => Promise<unknown>])[] =
  [
    ["safetensors", safetensors, (source) => readAll(source, readSafetensorsHeader)],
    [".ckpt", ckptFile(), (source) => readAll(source, readCkptHeader)],
    [
      "encrypted .ckpt",
      encryptedFile(ckptFile()),
      async (source) => readAll(await decryptedCkpt(source, key), readCkptHeader),
    ],
    ["strategy", strategy, readStrategy],
    [
      "strategy in JSON",
      Buffer.from(
        JSON.stringify({ current_stage: 0, parallel_layout_item: { w: { dev_matrix: [2], tensor_map: [0] } } }),
      ),
      readStrategy,
    ],
  ];

test.each(formats)(
  `${mutations} damaged files of the format %s are read or refused, never a crash, in little memory`,
  async (name, file, read) => {
    const bytes = Uint8Array.from(file);
    await read(memoryBytes(name, bytes));
    const random = seeded(20261128);
    let refused = 0;
    for (let i = 0; i < mutations; i++) {
      const { mutated, undo } = mutate(bytes, random, bytes.byteLength);
      const before = process.memoryUsage().arrayBuffers;
      const error = await read(memoryBytes(name, Uint8Array.from(mutated))).then(
        () => undefined,
        (found: unknown) => found,
      );
      const taken = process.memoryUsage().arrayBuffers - before;
      if (taken > mostMemory + 2 * mutated.byteLength) throw new Error(`mutation ${i}: ${taken} bytes of memory`);
      if (error !== undefined) {
        if (!isLabError(error)) throw new Error(`mutation ${i}: ${error}`, { cause: error });
        refused += 1;
      }
      undo();
    }
    expect(refused).toBeGreaterThan(mutations / 4);
  },
);

test("a .ckpt that claims more bytes than it has is refused before anything is allocated", async () => {
  const head = ckptValueHead({ name: "w", dtype: "F32", shape: [2 ** 30, 2 ** 10] }, 4);
  await expect(readCkptHeader(memoryBytes("x", Uint8Array.from(head)))).rejects.toMatchObject({ code: "CKPT_INVALID" });
});

test.each([
  [
    "a duplicate name",
    [
      ["w", 4],
      ["v", 4],
      ["w", 4],
    ],
    '"w" twice',
  ],
  ["a shape of another size", [["w", 8]], "expected 1 × 4 bytes = 4 bytes, found 8"],
] as const)("a .ckpt with %s is refused with its reason", async (_, values, message) => {
  const parts = values.flatMap(([name, bytes]) => [
    ckptValueHead({ name, dtype: "F32", shape: [1] }, bytes),
    new Uint8Array(bytes),
  ]);
  await expect(readCkptHeader(memoryBytes("x", Uint8Array.from(Buffer.concat(parts))))).rejects.toThrow(message);
});

test.each([
  [
    "a name twice",
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}',
  ],
  [
    "a name twice, once with an escape",
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}',
  ],
  ["a field twice", '{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}'],
  ["metadata twice", '{"__metadata__":{},"__metadata__":{},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'],
])("a safetensors header with %s is refused: the last one must not silently win", async (_, header) => {
  const bytes = safetensorsFile({ a: floats(1) }, { header });
  await expect(readSafetensorsHeader(memoryBytes("x", bytes))).rejects.toThrow("once, found");
});

test("a header of a million brackets ends with a refusal, not with a full stack", async () => {
  const bytes = safetensorsFile({}, { header: `{"a":${"[".repeat(1_000_000)}` });
  await expect(readSafetensorsHeader(memoryBytes("x", bytes))).rejects.toMatchObject({ code: "SAFETENSORS_INVALID" });
});
