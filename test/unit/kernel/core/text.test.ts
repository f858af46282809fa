import { expect, it } from "vitest";
import { cutText, wellFormedJson } from "../../../../kernel/core/text.js";

it.each([
  ["short", 9, "short"],
  ["long text", 4, "long"],
  ["ab🎉", 3, "ab"],
  ["ab🎉", 4, "ab🎉"],
  ["ab\ud83c", 3, "ab\ud83c"],
  ["🎉", 0, ""],
])("a text is cut between characters, never inside of one: %j to %i is %j", (text, length, cut) => {
  expect(cutText(text, length)).toBe(cut);
});

it.each([
  ["\ud83c", '"\\ufffd"'],
  ["🎉", '"🎉"'],
  ["\\ud83c", '"\\\\ud83c"'],
  ["\\\ud83c", '"\\\\\\ufffd"'],
])("the JSON of %j has no half of a pair", (text, json) => {
  expect(wellFormedJson(JSON.stringify(text))).toBe(json);
});
