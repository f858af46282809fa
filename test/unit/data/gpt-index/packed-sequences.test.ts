import { expect, it } from "vitest";
import { lengthAt, numbersOf, packSequences, pairsOf } from "../../../../src/data/gpt-index/packed-sequences.js";
import { RandomState } from "../../../../src/data/gpt-index/random-state.js";

it("numbers and lengths up to the largest come through a shuffle together, bit patterns that would be NaN as floating-point numbers included", () => {
  const nanPatterns = [0x7ff00000, 0x7ff00001, 0x7ff80000, 0x7fffffff, 0x3ff80000];
  const lengths = Int32Array.of(0, 1, 2, ...nanPatterns, 2 ** 30, 1024, 0, 5);
  const words = packSequences({ lengths, begin: 0, end: lengths.length }, 1);
  const pairs = pairsOf(words);
  for (let round = 0; round < 2000; round++) new RandomState(round).shuffle(pairs);
  const numbers = numbersOf(words);
  expect([...numbers].toSorted((a, b) => a - b)).toEqual([...lengths.keys()]);
  expect([...numbers].map((_, i) => lengthAt(words, 2 * i))).toEqual([...numbers].map((number) => lengths[number]));
});

it("the sequences of a part are repeated for each epoch", () => {
  const words = packSequences({ lengths: Int32Array.of(9, 8, 7, 6), begin: 1, end: 3 }, 3);
  expect([...numbersOf(words)]).toEqual([1, 2, 1, 2, 1, 2]);
  expect([0, 2, 4].map((at) => lengthAt(words, at))).toEqual([8, 7, 8]);
});

it("arrays of eight-byte numbers are shuffled like those of four bytes, and the stream is left at the same place", () => {
  const [wide, narrow] = [new RandomState(11), new RandomState(11)];
  const [pairs, words] = [
    Float64Array.from({ length: 10_001 }, (_, i) => i),
    Int32Array.from({ length: 10_001 }, (_, i) => i),
  ];
  wide.shuffle(pairs);
  narrow.shuffle(words);
  expect([...pairs]).toEqual([...words]);
  expect(wide.next32()).toBe(narrow.next32());
});
