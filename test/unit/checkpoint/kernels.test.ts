import { expect, test } from "vitest";
import { addPairs, noPairs } from "../../../src/checkpoint/compare/pair-counter.js";
import { assembleKernel } from "../../../src/checkpoint/kernels/assemble.js";
import { ValueCounter } from "../../../src/checkpoint/look/value-counter.js";
import { countNotFinite } from "../../../src/checkpoint/prove/finite.js";
import { Dice } from "../../support/random-cases.js";

const types = ["F32", "BF16"] as const;

/** Values around 1 as bytes, the upper half of each float for BF16. */
function block(dice: Dice, count: number, dtype: (typeof types)[number]): Uint8Array {
  const floats = Float32Array.from({ length: count }, () => dice.whole(-1000, 1000) / 512);
  const words = new Uint32Array(floats.buffer);
  return new Uint8Array(dtype === "F32" ? words.buffer : Uint16Array.from(words, (word) => word >>> 16).buffer);
}

test.each(types)("pairs of %s in large blocks add up as one row at a time does", (dtype) => {
  const dice = new Dice(7);
  for (const columns of [1, 3, 4, 7, 64, 1001]) {
    const rows = Math.ceil(2000 / columns);
    const [before, after] = [block(dice, rows * columns, dtype), block(dice, rows * columns, dtype)];
    const rowBytes = before.byteLength / rows;
    after.set(before.subarray(0, 2 * rowBytes), 0);
    const [large, small] = [noPairs(), noPairs()];
    const dead = addPairs(
      large,
      [
        { bytes: before, dtype },
        { bytes: after, dtype },
      ],
      columns,
    );
    let expected = 0;
    // Fewer elements than a kernel takes.
    const step = Math.min(columns, 100);
    for (let row = 0; row < rows; row++) {
      let unchanged = 0;
      for (let at = 0; at < columns; at += step) {
        const size = rowBytes / columns;
        const [from, to] = [row * rowBytes + at * size, row * rowBytes + Math.min(columns, at + step) * size];
        const pair = [before, after].map((bytes) => ({ bytes: bytes.slice(from, to), dtype }));
        const earlier = small.unchanged;
        addPairs(small, pair as [(typeof pair)[0], (typeof pair)[0]], columns);
        unchanged += small.unchanged - earlier;
      }
      if (unchanged === columns) expected += 1;
    }
    expect(dead).toBe(expected);
    expect(dead).toBeGreaterThanOrEqual(2);
    for (const key of Object.keys(small) as (keyof typeof small)[]) expect(large[key]).toBeCloseTo(small[key], 6);
  }
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "a value of %s at any place of a large block is counted and enters no sum",
  (bad) => {
    const dice = new Dice(11);
    for (let i = 0; i < 20; i++) {
      const floats = new Float32Array(block(dice, 100_000, "F32").buffer);
      floats[dice.whole(0, floats.length - 1)] = bad;
      const bytes = new Uint8Array(floats.buffer);
      const sums = noPairs();
      addPairs(
        sums,
        [
          { bytes, dtype: "F32" },
          { bytes: bytes.slice(), dtype: "F32" },
        ],
        1000,
      );
      expect(sums).toMatchObject({ notFinite: 1, difference: 0, elements: 100_000 });
      const counted = countNotFinite(bytes, "F32");
      expect([counted.nan, counted.infinite]).toEqual(Number.isNaN(bad) ? [1, 0] : [0, 1]);
      const counter = new ValueCounter("F32");
      counter.add(bytes);
      const found = counter.finish();
      expect(found.nan + found.infinite).toBe(1);
      expect(Number.isFinite(found.squares)).toBe(true);
    }
  },
);

test.each(types)("statistics of a large block of %s are those of its parts", (dtype) => {
  const bytes = block(new Dice(5), 300_000, dtype);
  bytes.fill(0, 0, 4000); // zeros
  bytes.fill(0, 8000, 8004);
  bytes[8000] = 1; // a denormal
  const [whole, parts] = [new ValueCounter(dtype), new ValueCounter(dtype)];
  whole.add(bytes);
  for (let at = 0; at < bytes.byteLength; at += 1000) parts.add(bytes.slice(at, at + 1000));
  const [a, b] = [whole.finish(), parts.finish()];
  expect(a.values.counts).toEqual(b.values.counts);
  expect({ ...a, values: 0, sum: 0, squares: 0 }).toEqual({ ...b, values: 0, sum: 0, squares: 0 });
  expect(a.sum).toBeCloseTo(b.sum, 6);
  expect(a.squares).toBeCloseTo(b.squares, 6);
  expect(a.denormal).toBe(1);
});

test.each([
  ["F32", 4],
  ["BF16", 2],
  ["F16", 2],
] as const)("the scan of a large block of %s finds what the scan of single values finds", (dtype, size) => {
  const dice = new Dice(3);
  const bytes = Uint8Array.from({ length: 8192 }, () => dice.whole(0, 255));
  // Without values that are not finite the kernel gives the answer.
  for (let at = size - 1; at < bytes.length; at += size) bytes[at] = (bytes[at] as number) & 0x83;
  const sum = { nan: 0, infinite: 0, denormal: 0, largest: 0 };
  for (let at = 0; at < bytes.length; at += size) {
    const one = countNotFinite(bytes.slice(at, at + size), dtype);
    sum.denormal += one.denormal;
    sum.largest = Math.max(sum.largest, one.largest);
  }
  expect(countNotFinite(bytes, dtype)).toEqual(sum);
  expect(sum.denormal).toBeGreaterThan(0);
});

test("a kernel with an unknown operation, name, or bracket is refused when it is assembled", () => {
  expect(() => assembleKernel("(func (i32.wrong))")).toThrow("no operation i32.wrong");
  expect(() => assembleKernel("(func (local.get $x))")).toThrow("no local $x");
  expect(() => assembleKernel("(func (br $x))")).toThrow("no label $x");
  expect(() => assembleKernel("(func")).toThrow("expected (…)");
});
