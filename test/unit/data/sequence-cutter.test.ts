import { expect, it } from "vitest";
import { padCutter, stitchCutter } from "../../../src/data/sequence-cutter.js";

const batch = (...pieces: number[][]) => ({
  ids: Int32Array.from(pieces.flat()),
  lengths: Int32Array.from(pieces.map((piece) => piece.length)),
});

it("stitching joins pieces across batches, cuts every length tokens and drops the short rest", () => {
  const cutter = stitchCutter(4);
  expect([...cutter.push(batch([1, 2], [3]))]).toEqual([]);
  expect([...cutter.push(batch([4, 5, 6, 7, 8], [9]))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(cutter.dropped).toBe(1);
  expect(cutter.padded).toBe(0);
});

it("padding gives each piece a sequence of its own, filled up or cut off", () => {
  const cutter = padCutter(3, 9);
  expect([...cutter.push(batch([1], [1, 2, 3, 4, 5], []))]).toEqual([1, 9, 9, 1, 2, 3, 9, 9, 9]);
  expect([...cutter.push(batch([7, 7, 7]))]).toEqual([7, 7, 7]);
  expect([cutter.dropped, cutter.padded]).toEqual([2, 5]);
});
