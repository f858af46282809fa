import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measureHeat } from "../../../src/checkpoint/look/heat-map.js";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import type { PartReader } from "../../../src/checkpoint/read/read-region.js";
import { rowBlocks } from "../../../src/checkpoint/read/row-blocks.js";
import type { GlobalTensor } from "../../../src/checkpoint/read/tensor-index.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { temporaryFolder } from "../../support/checkpoint-folder.js";
import { safetensorsFile } from "../../support/safetensors-file.js";

function tensorOf(shape: readonly number[]): { readonly tensor: GlobalTensor; readonly values: Float32Array } {
  const elements = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: elements }, (_, i) => ((i * 37) % 101) - 50);
  const entry = { name: "w", dtype: "F32", shape, elements, start: 0, bytes: 4 * elements };
  const part = { file: { path: "w" }, entry, offset: shape.map(() => 0) };
  const tensor = { name: "w", kind: "weight", dtype: "F32", shape, placed: true, parts: [part] };
  return { tensor: tensor as unknown as GlobalTensor, values };
}

test.each([[[3, 200]], [[100, 1]], [[7]], [[1, 150]], [[130, 77]], [[2, 3, 50]], [[48, 72]], [[49, 73]], [[5000]]])(
  "each cell of the heat map is the root mean square of its block, for the shape %j",
  async (shape) => {
    const { tensor, values } = tensorOf(shape);
    const bytes = new Uint8Array(values.buffer);
    const reader = {
      read: async (_: unknown, range: { from: number; to: number }) => bytes.slice(range.from, range.to),
    };
    const { rows, columns, cells } = await measureHeat(tensor, reader as unknown as PartReader, undefined);
    const across = cells[0]?.length ?? 0;
    const sums = cells.map((line) => line.map(() => ({ sum: 0, count: 0 })));
    for (const [index, value] of values.entries()) {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const cell = sums[Math.floor((row * cells.length) / rows)]?.[Math.floor((column * across) / columns)];
      if (cell === undefined) throw new Error("a cell expected");
      cell.sum += value * value;
      cell.count += 1;
    }
    const expected = sums.map((line) => line.map(({ sum, count }) => Math.sqrt(sum / Math.max(1, count))));
    for (const [row, line] of cells.entries())
      for (const [column, value] of line.entries())
        expect(value).toBeCloseTo(expected[row]?.[column] ?? Number.NaN, 10);
  },
);

test("a heat map of one row of 50 million columns needs no memory for each column", async () => {
  const path = join(await temporaryFolder(), "wide.safetensors");
  const count = 50_000_000;
  const header = JSON.stringify({ w: { dtype: "U8", shape: [1, count], data_offsets: [0, count] } });
  const file = await open(path, "w");
  const head = safetensorsFile({}, { header });
  await file.write(head);
  await file.truncate(head.byteLength + count);
  await file.close();
  expect(statSync(path).size).toBe(head.byteLength + count);
  const before = process.memoryUsage().rss;
  const tensor = await (await openCheckpoint(path)).tensor("w");
  expect((await tensor.heatMap())[displayKey]()["text/plain"]).toContain("w: 1 × 50,000,000");
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 ** 2);
});

test("a tensor with rows larger than a block is walked in parts of rows, with every byte once and in order", async () => {
  for (const shape of [[1, 5000], [3, 700], [2, 3, 500], [1, 1, 9000], [4, 1, 2, 300], [5000], [40, 2]]) {
    const { tensor, values } = tensorOf(shape);
    const bytes = new Uint8Array(values.buffer);
    const reader = {
      read: async (_: unknown, range: { from: number; to: number }) => bytes.slice(range.from, range.to),
    };
    const found: number[] = [];
    for await (const block of rowBlocks(tensor, reader as unknown as PartReader, { blockBytes: 1024 })) {
      expect(block.bytes.byteLength).toBeLessThanOrEqual(1024);
      expect(block.at).toBe(found.length);
      found.push(...block.bytes);
    }
    expect(Buffer.from(found).equals(bytes)).toBe(true);
  }
});
