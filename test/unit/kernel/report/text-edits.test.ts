import fc from "fast-check";
import { expect, it } from "vitest";
import { applyEdits, offsetOf, placeOf } from "../../../../kernel/report/text-edits.js";

it("edits at the same offset keep their order", () => {
  const edited = applyEdits("ab", [
    { at: 1, insert: "1" },
    { at: 1, insert: "2" },
    { at: 0, insert: "0" },
  ]);
  expect(edited.text).toBe("0a12b");
});

it("every character that stays leads back to where it stood, every inserted one to where it was put in", () => {
  const pieces = fc.array(fc.record({ keep: fc.string(), cut: fc.string(), put: fc.string() }), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, fc.string(), (list, rest) => {
      const edits = [];
      const expected: (readonly [character: string, original: number])[] = [];
      let text = "";
      for (const { keep, cut, put } of list) {
        for (const [index, character] of keep.split("").entries()) expected.push([character, text.length + index]);
        text += keep;
        for (const character of put.split("")) expected.push([character, text.length]);
        edits.push({ at: text.length, remove: cut.length, insert: put });
        text += cut;
      }
      for (const [index, character] of rest.split("").entries()) expected.push([character, text.length + index]);
      text += rest;
      const edited = applyEdits(text, edits);
      expect(edited.text.split("").map((character, offset) => [character, edited.toOriginal(offset)])).toEqual(
        expected,
      );
    }),
  );
});

it("offsets and places are two ways of saying the same", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "\n", "é", "😀"), { maxLength: 30 }), fc.nat(), (parts, any) => {
      const text = parts.join("");
      const offset = any % (text.length + 1);
      expect(offsetOf(text, placeOf(text, offset))).toBe(offset);
    }),
  );
});
