import { describe, expect, test } from "vitest";
import { Config } from "../../../src/config/config.js";
import { ConfigError } from "../../../src/core/error.js";

function open(text: string): Config {
  return new Config({ kind: "text", name: "text" }, text);
}

describe("unset takes a key or item out with its own bytes and no others", () => {
  test.each([
    [
      "a key with its line and the comment on it",
      "a: 1\nb: 2 # two\n# three\nc: 1.e-8\n",
      "b",
      "a: 1\n# three\nc: 1.e-8\n",
    ],
    ["the first key", "a: 1\nb: 2\n", "a", "b: 2\n"],
    ["the last key of a file without line break", "a: 1\nb: 2", "b", "a: 1\n"],
    ["the only key", "# h\na: 1 # c\n", "a", "# h\n{} # c\n"],
    ["a section with all that is in it", "a:\n  b: 1 # c\n  d: [1]\ne: 2\n", "a", "e: 2\n"],
    ["a key without a value", "a:\nb: 1\n", "a", "b: 1\n"],
    ["the only key of a section", "a: # c\n  # note\n  b: 1\nd: 2\n", "a.b", "a: {} # c\n  # note\nd: 2\n"],
    ["the only key of an anchored section", "a: &x\n  b: 1\nd: *x\n", "a.b", "a: &x {}\nd: *x\n"],
    ["a key below an alias", "a: &x\n  b: 1\n  c: 2\nd: *x\n", "d.b", "a: &x\n  c: 2\nd: *x\n"],
    ["an alias", "a: &x 1\nb: *x # c\nc: 2\n", "b", "a: &x 1\nc: 2\n"],
    ["a block text", "a: |\n  x\n  y\nb: 1\n", "a", "b: 1\n"],
    ["a text over several lines", "a: one\n  two\nb: 'x\n  y'\nc: 1\n", "b", "a: one\n  two\nc: 1\n"],
    ["an item of a block list", "a:\n- 1 # x\n- 2\n- 3\n", "a.1", "a:\n- 1 # x\n- 3\n"],
    ["the only item of a block list", "a:\n  - 1\nb: 2\n", "a.0", "a: []\nb: 2\n"],
    ["an item that is a section", "a:\n  - t: 1\n    u: 2\n  - t: 3\n", "a.0", "a:\n  - t: 3\n"],
    ["an anchored item", "a:\n  - &x 1\n  - &y 2\n", "a.1", "a:\n  - &x 1\n"],
    ["the first key after a dash", "a:\n  - t: 1 # t\n    u: 2\n", "a.0.t", "a:\n  - u: 2\n"],
    [
      "the first key after a dash, before a comment",
      "a:\n  - t: 1\n    # about u\n    u: 2\n",
      "a.0.t",
      "a:\n  -\n    # about u\n    u: 2\n",
    ],
    ["a later key after a dash", "a:\n  - t: 1\n    u: 2\n", "a.0.u", "a:\n  - t: 1\n"],
    ["the only key after a dash", "a:\n  - t: 1 # c\n  - 2\n", "a.0.t", "a:\n  - {} # c\n  - 2\n"],
    ["the first item after a dash", "a:\n  - - x\n    - y\n", "a.0.0", "a:\n  - - y\n"],
    [
      "a section in a list that ends with one",
      "a:\n  - t:\n      u: 1\n    v: 2\n",
      "a.0.t.u",
      "a:\n  - t: {}\n    v: 2\n",
    ],
    ["a key of a flow map", "a: {b: 1, c: 2, d: 3}\n", "a.c", "a: {b: 1, d: 3}\n"],
    ["the last key of a flow map", "a: {b: 1, c: 2 }\n", "a.c", "a: {b: 1 }\n"],
    ["the only key of a flow map", "a: { b: 1 }\n", "a.b", "a: {  }\n"],
    ["an item of a flow list", "a: [1,2, 3]\n", "a.0", "a: [2, 3]\n"],
    ["an anchored item of a flow list", "a: [1, &n 2, 3]\n", "a.1", "a: [1, 3]\n"],
    ["the last item before a comma", "a: [1, 2, ]\n", "a.1", "a: [1, ]\n"],
    ["the only item before a comma", "a: [1,]\n", "a.0", "a: []\n"],
    [
      "an item on a line of its own",
      "a: [\n  1, # one\n  2, # two\n  3 # three\n]\n",
      "a.2",
      "a: [\n  1, # one\n  2 # two\n   # three\n]\n",
    ],
    ["line ends of Windows", "a:\r\n  b: 1\r\n  c: 2\r\nd: 3\r\n", "a.c", "a:\r\n  b: 1\r\nd: 3\r\n"],
    ["a key beside a merge key", "x: &x {k: 1}\nb:\n  <<: *x\n  o: 1\n", "b.o", "x: &x {k: 1}\nb:\n  <<: *x\n"],
    ["a key that hides a merged one", "x: &x {k: 1}\nb:\n  <<: *x\n  k: 2\n", "b.k", "x: &x {k: 1}\nb:\n  <<: *x\n"],
    ["a key with the file's mark before it", "\ufeffa: 1\nb: 2\n", "b", "\ufeffa: 1\n"],
  ] as const)("%s", (_what, before, path, after) => {
    const config = open(before);
    expect(config.unset(path).text).toBe(after);
    expect(open(after).toJS()).toEqual(config.toJS());
    expect(config.undo().text).toBe(before);
  });
});

describe("unset refuses, and nothing has changed", () => {
  test.each([
    ["a path that is not there", "a: 1\n", "b", /nothing to remove/],
    ["a position that is not there", "a: [1]\n", "a.1", /nothing to remove/],
    ["a path below a single value", "a: 1\n", "a.b", /nothing to remove/],
    ["a value that an alias repeats", "a: &x 1\nb: [*x]\nc: *x\n", "a", /\*x at b\.0, c repeat it \(anchor &x at a\)/],
    ["a section with such a value inside", "a:\n  d: &x 1\nc: *x\n", "a", /\*x at c repeats it \(anchor &x at a\.d\)/],
    ["a section that a merge key brings along", "a: &x {k: 1}\nb:\n  <<: *x\n", "a", /\*x at b\.<< repeats it/],
    ["a merged key", "a: &x {k: 1}\nb:\n  <<: *x\n", "b.k", /merged mapping/],
    ["the whole document", "a: 1\n", "", /names joined by single points/],
    ["a key after a question mark", "? a\n: 1\nb: 2\n", "a", /can't be removed/],
    ["what would pull a comment into a block text", "a: |\n  x\nb: 1\n  # c\n", "b", /unreadable|would also change a/],
  ] as const)("%s", (_what, text, path, message) => {
    const config = open(text);
    expect(() => config.unset(path)).toThrow(ConfigError);
    expect(() => config.unset(path)).toThrow(message);
    expect(config.text).toBe(text);
  });
});
