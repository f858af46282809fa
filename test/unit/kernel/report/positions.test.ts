import fc from "fast-check";
import { expect, it } from "vitest";
import { toCodePoints, toCodeUnits } from "../../../../kernel/report/positions.js";

it("counts a parrot as one code point and two code units", () => {
  expect(toCodeUnits("🦜x", 1)).toBe(2);
  expect(toCodePoints("🦜x", 2)).toBe(1);
});

it("counts a combining accent, a zero-width joiner and a lone surrogate as one each", () => {
  expect(toCodeUnits("e\u0301\u200d\ud800x", 4)).toBe(4);
  expect(toCodePoints("e\u0301\u200d\ud800x", 5)).toBe(5);
});

it("moves positions outside of the text to its nearer end", () => {
  for (const far of [99, Number.POSITIVE_INFINITY]) {
    expect(toCodeUnits("🦜", far)).toBe(2);
    expect(toCodePoints("🦜", far)).toBe(1);
  }
  expect(toCodeUnits("abc", -3)).toBe(0);
  expect(toCodePoints("abc", -3)).toBe(0);
});

it("a cursor inside a surrogate pair counts the pair", () => {
  expect(toCodePoints("🦜", 1)).toBe(1);
});

it("there and back again is where one was, for every text and position", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, seed) => {
      const length = [...text].length;
      const position = seed % (length + 1);
      expect(toCodePoints(text, toCodeUnits(text, position))).toBe(position);
      expect(toCodeUnits(text, position)).toBe([...text].slice(0, position).join("").length);
    }),
  );
});
