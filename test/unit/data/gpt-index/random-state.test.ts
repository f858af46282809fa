import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RandomState } from "../../../../src/data/gpt-index/random-state.js";

// All numbers from numpy 1.26.4: RandomState(seed).randint(0, max + 1, dtype="int64"),
// RandomState(seed).shuffle(arange(n)).

function count(n: number): Int32Array {
  return new Int32Array(n).map((_, i) => i);
}

function md5(values: Int32Array | Uint32Array): string {
  return createHash("md5").update(new Uint8Array(values.buffer)).digest("hex");
}

describe("RandomState", () => {
  it("gives numpy's first word of seed 1234", () => {
    expect(new RandomState(1234).next32()).toBe(822569775);
  });

  it("shuffles as numpy does, one array after the other from one stream", () => {
    const random = new RandomState(1234);
    const [first, second] = [count(10), count(5)];
    random.shuffle(first);
    random.shuffle(second);
    expect([...first]).toEqual([7, 2, 9, 1, 0, 8, 4, 5, 6, 3]);
    expect([...second]).toEqual([0, 4, 3, 2, 1]);
  });

  it("shuffles long arrays as numpy does, across blocks and rounds of the generator, and leaves the stream where numpy does", () => {
    const random = new RandomState(5);
    const values = count(70_000);
    random.shuffle(values);
    expect(md5(values)).toBe("32211d716166972a1a321df573e02811");
    expect(random.next32()).toBe(4144844536);
  });

  it("takes the largest seed, and shuffles a part of an array without touching the rest", () => {
    const random = new RandomState(2 ** 32 - 1);
    const values = Uint32Array.from({ length: 1002 }, (_, i) => i - 1);
    random.shuffle(values.subarray(1, 1001));
    expect(md5(values.slice(1, 1001))).toBe("d916e5e48590e058d90109afed386751");
    expect([values[0], values[1001]]).toEqual([2 ** 32 - 1, 1000]);
  });

  it.each([
    [99, 2 ** 31 + 6, [2096280761, 135061202, 830273460, 1278278910, 200556599]],
    [7, 2 ** 32 - 1, [327741615, 976413892, 3349725721]],
    [7, 2 ** 32, [1322904761, 1133316631, 372560217]],
    [1234, 2 ** 33 + 4, [2629000564, 3312965625, 682106748, 2090933724]],
    [0, 2 ** 52 - 1, [4233861047560751, 1871874927742144, 4137753702978299]],
  ])(
    "draws bounded numbers as numpy does: seed %d, maximum %d (above 2^32 − 1 two words, the high one first)",
    (seed, max, expected) => {
      const random = new RandomState(seed);
      expect(expected.map(() => random.interval(max))).toEqual(expected);
    },
  );

  it("draws nothing for the arrays of no and of one element", () => {
    const random = new RandomState(1234);
    random.shuffle(new Int32Array(0));
    random.shuffle(new Int32Array(1));
    expect(random.next32()).toBe(822569775);
  });

  it.each([-1, 2 ** 32, 1.5, Number.NaN])("refuses the seed %d, as numpy does", (seed) => {
    expect(() => new RandomState(seed)).toThrow(RangeError);
  });
});
