import fc from "fast-check";
import { expect, it } from "vitest";
import { piecesOfParts } from "../support/cut-text.js";
import { wholeTextPieces } from "../support/whole-text.js";

// Everything that a rule looks at, what Python and JavaScript disagree about as whitespace, and some text.
const words = [
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  '"',
  "'",
  " ",
  "  ",
  "\n",
  "\n\n",
  "\r",
  "\r\n",
  "\t",
  "\u0085",
  "\u001c",
  "\u00a0",
];
words.push(
  "\ufeff",
  "\u2003",
  "@-@",
  " @,@ ",
  "@.@",
  " : ",
  ";",
  ".",
  "!",
  "?",
  ",",
  "=",
  "= =",
  " = = =",
  " \u00b0 ",
  "N",
  " N ",
);
words.push("'s", " 's", "s '", "s", "/' 5/", "/", "' 5", "5", "a", "word", "é", "😀", "字");

words.push("\n \n", ". \n \n", "The ", "x\n\nY", " = = \n \n a", "\r\n\r\nB", "\u3000\n\n字");

const texts = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(""));
const cases = fc.record({
  text: texts,
  chunkBytes: fc.integer({ min: 1, max: 40 }),
  blockBytes: fc.integer({ min: 1, max: 9 }),
});

it("cleaning part by part gives the pieces of the rules over the whole text, wherever it is cut", () => {
  let parts = 0;
  fc.assert(
    fc.property(cases, ({ text, ...cut }) => {
      const found = piecesOfParts(text, cut);
      parts += found.parts - 1;
      expect(found.pieces).toEqual(wholeTextPieces(text));
    }),
    { numRuns: 40_000 },
  );
  expect(parts).toBeGreaterThan(2000); // texts really were cut
});
