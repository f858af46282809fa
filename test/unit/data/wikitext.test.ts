import { describe, expect, it } from "vitest";
import { isKeptPiece, PieceSplitter, wikitextCleaner } from "../../../src/data/wikitext.js";
import { cleanWholeText, closingCounts } from "../../support/whole-text.js";

function clean(text: string, chunk = text.length || 1): string {
  const cleaner = wikitextCleaner(closingCounts(text));
  let result = "";
  for (let at = 0; at < text.length; at += chunk) result += cleaner.push(text.slice(at, at + chunk));
  return result + cleaner.finish();
}

// What MindFormers' own function gave for these inputs.
const golden: readonly (readonly [input: string, output: string])[] = [
  [
    `It 's a game ; see ( the  " first " one ) , 1 @,@ 000 @.@ 5 @-@ day . Next ! ok ? N x`,
    `It's a game; see (the  "first" one), 1,000.5-day. Next! ok? 1 x`,
  ],
  [`He said " hi \n \n = = Plot = = \n \n Then " bye "`, `He said "hi\n\n== Plot ==\n\nThen" bye "`],
];

describe("the cleaning rules of WikiText", () => {
  it.each(golden)("give what MindFormers gives for %j", (input, output) => {
    expect(clean(input)).toBe(output);
  });

  it.each(golden)("do not depend on where the text is cut: %j", (input, output) => {
    for (let chunk = 1; chunk < input.length; chunk++) expect(clean(input, chunk)).toBe(output);
  });

  it.each([
    ["the dogs ' tails", "the dogs' tails"],
    ["20 \u00b0 C", "20\u00b0C"],
    ["[ a ] { b\n}", "[a] {b}"],
    ["( a ( b ) c )", "(a ( b) c )"],
    ["= = = = x = = =", "==== x ==="],
    ["a : b ; c", "a: b; c"],
    ["open ( never closed  ", "open ( never closed  "],
    ["\u0085(\u0085a\u001c) (\ufeff a)", "\u0085(a) (\ufeff a)"],
    ["a\r\n b\rc", "a\nb\nc"],
    ["( ) (    )", "() ()"],
  ])("turn %j into %j", (input, output) => {
    expect(clean(input, 2)).toBe(output);
    expect(cleanWholeText(input)).toBe(output);
  });

  it("keep an opener alone, with its whitespace, when no closer follows in the whole text", () => {
    expect(clean(`" a " b "  c`, 1)).toBe(`"a" b "  c`);
  });

  it("fail if the text has changed since it was counted", () => {
    const cleaner = wikitextCleaner(closingCounts("( a )"));
    cleaner.push("( a ");
    expect(() => cleaner.finish()).toThrow(/held 1 "\)" when it was counted, now 0/);
  });
});

describe("the pieces of a text", () => {
  it("are cut at two newlines, wherever the stream is cut", () => {
    const text = "a\n\n\nb\n\n\n\nc\n\nd\n";
    for (let chunk = 1; chunk <= text.length; chunk++) {
      const splitter = new PieceSplitter();
      const pieces: string[] = [];
      for (let at = 0; at < text.length; at += chunk) pieces.push(...splitter.push(text.slice(at, at + chunk)));
      expect([...pieces, ...splitter.finish()]).toEqual(text.split("\n\n"));
    }
  });

  it("are kept unless they are empty or a heading; one of whitespace alone is kept, as in the reference", () => {
    expect(["", "= x =", " \u0085\n= x =", "a", "  ", "x ="].map(isKeptPiece)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});
