import fc from "fast-check";
import { expect, it } from "vitest";
import { TextScanner } from "../../src/data/text-scan.js";
import { PieceSplitter, wikitextCleaner } from "../../src/data/wikitext.js";
import { cleanWholeText } from "../support/whole-text.js";

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

const texts = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(""));

interface Cuts {
  readonly text: string;
  readonly bytes: number;
  readonly characters: number;
}
const cases = fc.record<Cuts>({
  text: texts,
  bytes: fc.integer({ min: 1, max: 9 }),
  characters: fc.integer({ min: 1, max: 9 }),
});

function counted(text: string, bytes: number) {
  const data = Buffer.from(text);
  const scanner = new TextScanner();
  for (let at = 0; at < data.byteLength; at += bytes)
    expect(scanner.push(data.subarray(at, at + bytes))).toBeUndefined();
  const scan = scanner.finish();
  if (typeof scan === "number") throw new Error(`a character is cut at ${scan}`);
  return scan.closing;
}

function streamed({ text, bytes, characters }: Cuts): { cleaned: string; pieces: string[] } {
  const cleaner = wikitextCleaner(counted(text, bytes));
  const splitter = new PieceSplitter();
  const parts: string[] = [];
  const pieces: string[] = [];
  const take = (part: string) => {
    parts.push(part);
    pieces.push(...splitter.push(part));
  };
  for (let at = 0; at < text.length; at += characters) take(cleaner.push(text.slice(at, at + characters)));
  take(cleaner.finish());
  return { cleaned: parts.join(""), pieces: [...pieces, ...splitter.finish()] };
}

it("cleaning as a stream gives the same text as the rules over the whole text, wherever it is cut", () => {
  fc.assert(
    fc.property(cases, (cuts) => {
      const whole = cleanWholeText(cuts.text);
      const { cleaned, pieces } = streamed(cuts);
      expect(cleaned).toBe(whole);
      expect(pieces).toEqual(whole.split("\n\n"));
    }),
    { numRuns: 20_000 },
  );
});
