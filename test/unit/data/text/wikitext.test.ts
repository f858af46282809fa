import { describe, expect, it } from "vitest";
import { WikitextCuts } from "../../../../src/data/text/cuts.js";
import { cleanWikitext, pieceBounds } from "../../../../src/data/text/wikitext.js";
import { startOfText } from "../../../../src/data/text/wikitext-pairs.js";
import { findCuts } from "../../../support/cut-text.js";
import { cleanWholeText } from "../../../support/whole-text.js";

function clean(text: string): string {
  const bytes = Buffer.from(text);
  const { totals } = findCuts(new WikitextCuts(2 ** 30), bytes, 3);
  return cleanWikitext(bytes, { state: startOfText, totals }).toString("utf8");
}

function piecesOf(cleaned: string): string[] {
  const bytes = Buffer.from(cleaned);
  const bounds = pieceBounds(bytes);
  return Array.from({ length: bounds.length / 2 }, (_, i) => bytes.toString("utf8", bounds[2 * i], bounds[2 * i + 1]));
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
    expect(clean(input)).toBe(output);
    expect(cleanWholeText(input)).toBe(output);
  });

  it("keep an opener alone, with its whitespace, when no closer follows in the whole text", () => {
    expect(clean(`" a " b "  c`)).toBe(`"a" b "  c`);
  });

  it("count the closing bracket that rule 2 writes", () => {
    expect(clean("[ a /' 5/ b ] c ]")).toBe(cleanWholeText("[ a /' 5/ b ] c ]"));
  });
});

describe("the pieces of a text", () => {
  it("are cut at two newlines", () => {
    expect(piecesOf("a\n\n\nb\n\n\n\nc\n\nd\n")).toEqual(["a", "\nb", "c", "d\n"]);
  });

  it("are kept unless they are empty or a heading; one of whitespace alone is kept, as in the reference", () => {
    const pieces = ["= x =", " \u0085\n= x =", "a", "  ", "x ="];
    expect(piecesOf(pieces.join("\n\n"))).toEqual(["a", "  ", "x ="]);
  });
});

describe("a WikiText that is cut into parts", () => {
  it("is cut in front of a letter after a section, not beside brackets, and each part knows the brackets before it", () => {
    const text = Buffer.from(' One ( two . \n \n Three ) . \n \n Four " \n \n Five \n \n New \n \n Six \n');
    const { cuts } = findCuts(new WikitextCuts(1), text, 1000);
    expect(cuts.map(({ offset }) => text.toString("utf8", offset, offset + 5))).toEqual(["Three", "Four ", "Six \n"]);
    expect(cuts.map(({ state }) => state?.inside)).toEqual([1, 0, 8]);
  });
});
