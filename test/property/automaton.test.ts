import fc from "fast-check";
import { expect, it } from "vitest";
import { Automaton } from "../../src/data/bpe/pattern/automaton.js";
import { ClassReader } from "../../src/data/bpe/pattern/class-reader.js";
import { linkPattern } from "../../src/data/bpe/pattern/link.js";
import { ClassRegister, parsePattern, UnsupportedPattern } from "../../src/data/bpe/pattern/parser.js";
import type { Step } from "../../src/data/bpe/pattern/steps.js";
import { newWordTable, WordTable } from "../../src/data/bpe/word-table.js";
import { BacktrackingMatcher } from "../support/backtracking-matcher.js";

const classes = ["a", "b", "[ab]", "[^a]", "\\s", "\\S", "\\p{L}", "\\p{N}", "[é中]", "[^\\s\\p{L}]", " ", "😀"];
const repeats = ["", "", "?", "*", "+", "{1,3}", "{2}", "{2,}", "{0,2}"];
const item = fc.tuple(fc.constantFrom(...classes), fc.constantFrom(...repeats)).map(([one, times]) => one + times);
const ahead = fc
  .tuple(fc.constantFrom("(?!", "(?="), fc.constantFrom(...classes))
  .map(([open, one]) => `${open}${one})`);
const simple = fc.array(fc.oneof({ weight: 8, arbitrary: item }, { weight: 1, arbitrary: ahead }), {
  minLength: 1,
  maxLength: 4,
});
const group = fc
  .tuple(fc.array(simple, { minLength: 1, maxLength: 3 }), fc.constantFrom("", "?"))
  .map(([options, times]) => [`(?:${options.map((parts) => parts.join("")).join("|")})${times}`]);
const sequence = fc
  .array(fc.oneof({ weight: 4, arbitrary: simple }, { weight: 1, arbitrary: group }), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.flat().join(""));
const patterns = fc.array(sequence, { minLength: 1, maxLength: 4 }).map((options) => options.join("|"));
const texts = fc.string({
  unit: fc.constantFrom("a", "b", "a", "b", " ", "\n", "1", "2", "é", "中", "😀", "!", "ſ", "\u3000"),
  maxLength: 24,
});

/** The step, or undefined if the pattern is one that can't be used. */
function linked(pattern: string, register: ClassRegister): Step | undefined {
  try {
    return linkPattern(parsePattern(pattern, register));
  } catch (error) {
    if (error instanceof UnsupportedPattern) return undefined;
    throw error;
  }
}

it("the automaton of any pattern finds what going back finds, at every place of every text, and the hash of it", () => {
  // The table of classes costs 10 ms, so that all patterns share one.
  const register = new ClassRegister("[\\p{Cn}]");
  for (const one of classes) parsePattern(one, register);
  const memo = new WordTable(newWordTable({ words: 1, keyBytes: 1, ids: 1 }));
  let used = 0;
  fc.assert(
    fc.property(patterns, fc.array(texts, { minLength: 1, maxLength: 8 }), (pattern, several) => {
      const root = linked(pattern, register);
      if (!root) return;
      used++;
      const reader = new ClassReader(register.classes);
      const automaton = new Automaton(root, reader);
      const matcher = new BacktrackingMatcher(reader);
      for (const text of several) {
        const bytes = Buffer.from(`${text}a`);
        const limit = bytes.length - 1; // what comes after it must not be seen
        matcher.setText(bytes, limit);
        for (let at = 0; at < limit; at++) {
          if (((bytes[at] as number) & 0xc0) === 0x80) continue;
          const found = automaton.match(bytes, at, limit);
          expect(found).toBe(matcher.match(root, at));
          if (found >= 0) expect(automaton.hash).toBe(memo.hashOf(bytes, at, found));
        }
      }
    }),
    { numRuns: 3000 },
  );
  expect(used).toBeGreaterThan(1000);
});

it("an automaton that needs more states than it may keep forgets them and continues", () => {
  const register = new ClassRegister("[\\p{Cn}]");
  // The last 15 letters have to be remembered: 2^15 states.
  const root = linkPattern(parsePattern("[ab]*a[ab]{14}1|[ab]|1", register));
  const reader = new ClassReader(register.classes);
  const automaton = new Automaton(root, reader);
  const matcher = new BacktrackingMatcher(reader);
  let state = 1;
  const letters = Array.from({ length: 6000 }, () => {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    return (state >>> 16) % 40 === 0 ? "1" : (state >>> 20) % 2 === 0 ? "a" : "b";
  });
  const bytes = Buffer.from(letters.join(""));
  matcher.setText(bytes, bytes.length);
  for (let at = 0; at < bytes.length; at++)
    expect(automaton.match(bytes, at, bytes.length)).toBe(matcher.match(root, at));
});
