import { describe, expect, test } from "vitest";
import { Config } from "../../../src/config/config.js";
import { ConfigError } from "../../../src/core/error.js";

function open(text: string): Config {
  return new Config({ kind: "text", name: "text" }, text);
}

function edited(text: string, path: string, value: unknown): string {
  return open(text).set(path, value).text;
}

describe("an edit changes its own bytes and no others", () => {
  test.each([
    ["a scalar, with the comment after it", "a: 1   # one\nb: 1.e-8\n", ["a", 2], "a: 2   # one\nb: 1.e-8\n"],
    ["a quoted text keeps its quotes", "a: 'x'\n", ["a", "it's"], "a: 'it''s'\n"],
    ["a float stays a float", "a: 1.0 # f\n", ["a", 2], "a: 2.0 # f\n"],
    ["an empty value", "a:   # nothing\nb: 1\n", ["a", 5], "a: 5   # nothing\nb: 1\n"],
    ["an item of a flow list", "a: [1, &n 2,3 ]\n", ["a.1", 7], "a: [1, &n 7,3 ]\n"],
    ["an item of a block list", "a:\n- 1 # x\n- 2\n", ["a.1", 7], "a:\n- 1 # x\n- 7\n"],
    ["a whole block list, item by item", "a:\n  - 1 # x\n  - 2 # y\n", ["a", [1, 5]], "a:\n  - 1 # x\n  - 5 # y\n"],
    ["an appended item", "a:\n  - 1 # x\nb: 2\n", ["a.1", 9], "a:\n  - 1 # x\n  - 9\nb: 2\n"],
    ["an appended flow item", "a: [ ]\nb: [1, ]\n", ["a.0", 9], "a: [9 ]\nb: [1, ]\n"],
    ["a shorter list", "a:\n  - 1\n  - 2\nb: 3\n", ["a", [7]], "a:\n  - 7\nb: 3\n"],
    ["a list that becomes empty", "a:\n  - 1\n  - 2\nb: 3\n", ["a", []], "a: []\nb: 3\n"],
    ["a new key in a section", "a:\n  b: 1 # b\n\nc: 2\n", ["a.d", "x"], "a:\n  b: 1 # b\n  d: x\n\nc: 2\n"],
    ["a new key in a flow map", "a: {b: 1}\n", ["a.c", [1]], "a: {b: 1, c: [1]}\n"],
    ["a new section at the end of a file without line break", "a: 1", ["b.c", 2], "a: 1\nb:\n  c: 2"],
    ["a section below an empty key", "a: # empty\nb: 1\n", ["a.c", 2], "a: # empty\n  c: 2\nb: 1\n"],
    ["a value that becomes a section", "a: 1 # c\nb: 2\n", ["a", { x: { y: 1 } }], "a: # c\n  x:\n    y: 1\nb: 2\n"],
    ["a section that becomes a value", "a: # c\n  x: 1\n  y: 2\nb: 2\n", ["a", 5], "a: 5 # c\nb: 2\n"],
    ["a section in a list", "a:\n  - t: 1\n", ["a.1", { t: 2, u: [1, 2] }], "a:\n  - t: 1\n  - t: 2\n    u: [1, 2]\n"],
    [
      "a list item that becomes a section",
      "a:\n  - 1\n  - 2\n",
      ["a.0", { t: 2, u: 3 }],
      "a:\n  - t: 2\n    u: 3\n  - 2\n",
    ],
    ["a block text", "a: |\n  x\n  y\nb: 1\n", ["a", "z"], "a: z\nb: 1\n"],
    ["a key after a block text", "a:\n  t: |\n    x\nb: 1\n", ["a.u", 1], "a:\n  t: |\n    x\n  u: 1\nb: 1\n"],
    ["an empty file", "", ["a.b", 1], "a:\n  b: 1"],
    ["a file of comments", "# only\n", ["a", 1], "# only\na: 1\n"],
    ["line ends of Windows", "a:\r\n  b: 1\r\nc: 2\r\n", ["a.d", 3], "a:\r\n  b: 1\r\n  d: 3\r\nc: 2\r\n"],
    ["an alias itself", "a: &x 1\nb: *x\n", ["b", 2], "a: &x 1\nb: 2\n"],
    ["a key that needs quotes", "a: 1\n", ["on", 2], 'a: 1\n"on": 2\n'],
    [
      "a merge key's section gets the value itself",
      "a: &x {k: 1}\nb:\n  <<: *x\n",
      ["b.k", 2],
      "a: &x {k: 1}\nb:\n  <<: *x\n  k: 2\n",
    ],
  ] as const)("%s", (_what, before, [path, value], after) => {
    expect(edited(before, path, value)).toBe(after);
  });

  test.each([
    ["in a section", "model:\n  model_config: {}\nuse_legacy: False\n", { hidden_dropout: 0 }, "hidden_dropout: 0.0"],
    [
      "that was one already",
      "model:\n  model_config:\n    hidden_dropout: 0\nuse_legacy: False\n",
      0,
      "hidden_dropout: 0.0",
    ],
  ])("a whole number %s where MindFormers wants a float gets its point", (_where, text, value, after) => {
    const path = `model.model_config${typeof value === "number" ? ".hidden_dropout" : ""}`;
    expect(edited(text, path, value)).toContain(after);
  });

  test("the items of a list of floats get their points, those of other lists none", () => {
    const text = "optimizer:\n  type: AdamW\n  betas: [0.9, 0.95]\n";
    expect(edited(text, "optimizer.betas", [0, 1])).toContain("betas: [0.0, 1.0]");
    expect(edited(text, "optimizer", { type: "AdamW", betas: [1, 1], eps: 1 })).toContain("eps: 1.0");
    const sizes = "train_dataset:\n  data_loader:\n    type: BlendedMegatronDatasetDataLoader\n";
    expect(edited(sizes, "train_dataset.data_loader.sizes", [8, 0, 0])).toContain("sizes: [8, 0, 0]");
  });

  test("setting the value that is there changes nothing, also with another spelling", () => {
    const text = "a: 1.e-8\nb: 'x'\nc: [1,2]\n";
    expect(open(text).set("a", 1e-8).set("b", "x").set("c", [1, 2]).text).toBe(text);
  });

  test("a path below an alias edits the anchored section, and the diff says where else it shows", () => {
    const config = open("train: &t\n  sizes: [1, 0]\ntask:\n  data: *t\n").set("task.data.sizes.0", 5);
    expect(config.text).toBe("train: &t\n  sizes: [5, 0]\ntask:\n  data: *t\n");
    expect(config.get("train.sizes")).toEqual([5, 0]);
    expect(config.diff().changes).toEqual([{ path: "train.sizes.0", was: 1, now: 5, also: ["task.data.sizes.0"] }]);
  });

  test("an anchored value keeps its anchor, so that its aliases follow", () => {
    const config = open("dp: &dp 1\ns: [[*dp, 1], [*dp, 1]]\n").set("dp", 4);
    expect(config.text).toBe("dp: &dp 4\ns: [[*dp, 1], [*dp, 1]]\n");
    expect(config.get("s")).toEqual([
      [4, 1],
      [4, 1],
    ]);
  });
});

describe("what is ambiguous or impossible is refused, and nothing has changed", () => {
  test.each([
    ["a path through a single value", "a: 1\n", ["a.b", 2], /a: expected a section, found the value 1/],
    ["a position beyond the end", "a: [1]\n", ["a.3", 2], /a position from 0 to 1/],
    ["a name in a list", "a: [1]\n", ["a.x", 2], /a position from 0 to 1/],
    ["undefined", "a: 1\n", ["b", undefined], /expected text, numbers/],
    ["a function inside", "a: 1\n", ["b", { c: [() => 1] }], /b\.c\.0: expected text/],
    ["an instance of a class", "a: 1\n", ["b", new Map()], /expected text/],
    ["an anchored value that is used elsewhere", "a:\n  b: &x 1\nc: *x\n", ["a", 5], /an anchor in the old value/],
    ["an empty path", "a: 1\n", ["", 5], /names joined by single points/],
    ["a path below a merged mapping", "a: &x {k: {l: 1}}\nb:\n  <<: *x\n", ["b.k.l", 2], /merged mapping/],
  ] as const)("%s", (_what, text, [path, value], message) => {
    const config = open(text);
    expect(() => config.set(path, value)).toThrow(ConfigError);
    expect(() => config.set(path, value)).toThrow(message);
    expect(config.text).toBe(text);
  });

  test("a merge that fails leaves the configuration as it was", () => {
    const config = open("a: 1\nb: 2\n");
    expect(() => config.merge({ a: 5, b: { c: undefined } })).toThrow(/b\.c/);
    expect(config.text).toBe("a: 1\nb: 2\n");
  });
});

test("merge sets the single values of nested objects and returns the same object", () => {
  const config = open("r:\n  epochs: 2 # e\n  x: [1, 2]\n");
  expect(config.merge({ r: { epochs: 1, x: [3], y: { z: null } } })).toBe(config);
  expect(config.text).toBe("r:\n  epochs: 1 # e\n  x: [3]\n  y:\n    z: null\n");
});

test("get reads as PyYAML, has tells null from nothing", () => {
  const config = open("a: {b: on, c: 010, d: }\n");
  expect(config.get("a")).toEqual({ b: true, c: 8, d: null });
  expect([config.has("a.d"), config.has("a.e"), config.get("a.e")]).toEqual([true, false, undefined]);
});

test("a copy is independent, and still differs from the text that was opened", () => {
  const config = open("a: 1\n").set("a", 2);
  const copy = config.copy().set("b", 3);
  expect(config.has("b")).toBe(false);
  expect(copy.diff().changes.map(({ path }) => path)).toEqual(["a", "b"]);
  expect(copy.diff(config).changes.map(({ path }) => path)).toEqual(["b"]);
});

describe("undo and redo", () => {
  test("step through the edits one call at a time, a merge at once", () => {
    const config = open("a: 1\nb: 2\n").set("a", 5).merge({ a: 6, b: 7 }).unset("b");
    const texts = ["a: 6\n", "a: 6\nb: 7\n", "a: 5\nb: 2\n", "a: 1\nb: 2\n"];
    expect([config.text, config.undo().text, config.undo().text, config.undo().text]).toEqual(texts);
    expect([config.redo().text, config.redo().text, config.redo().text]).toEqual(texts.slice(0, 3).reverse());
  });

  test("an edit after an undo forgets what was taken back", () => {
    const config = open("a: 1\n").set("a", 2).undo().set("a", 3);
    expect(() => config.redo()).toThrow(/expected an undone edit/);
    expect(config.undo().text).toBe("a: 1\n");
    expect(() => config.undo()).toThrow(/no edit is left/);
  });

  test("an edit that changes nothing is none", () => {
    const config = open("a: 1\n").set("a", 2).set("a", 2).merge({ a: 2 });
    expect(config.edits).toEqual([{ verb: "set", path: "a", by: "notebook" }]);
    expect(config.undo().text).toBe("a: 1\n");
  });
});

describe("a file of several documents", () => {
  const text = "a: 1 # one\n---\nb: &x 2\nc: *x\n...\n---\n# empty\n---\nd: 4\n";

  test("is refused without a choice, and one of them is edited with it", () => {
    expect(() => open(text)).toThrow(/4 documents in one file/);
    const config = new Config({ kind: "text", name: "text" }, text, { document: 1 });
    expect(config.toJS()).toEqual({ b: 2, c: 2 });
    expect(config.set("b", 3).set("n.m", 1).unset("c").text).toBe(
      "a: 1 # one\n---\nb: &x 3\nn:\n  m: 1\n...\n---\n# empty\n---\nd: 4\n",
    );
    expect(config.check().some(({ message }) => /4 documents/.test(message))).toBe(true);
  });

  test("an empty one in the middle gets its keys in its own place", () => {
    const config = new Config({ kind: "text", name: "text" }, text, { document: 2 });
    expect(config.set("k", 1).text).toBe(text.replace("# empty\n", "# empty\nk: 1\n"));
  });

  test("a document that is not there is refused with the range", () => {
    expect(() => new Config({ kind: "text", name: "text" }, text, { document: 4 })).toThrow(
      /document 4: the file has 4/,
    );
  });
});

test.each([2 ** 53, -(2 ** 53), 2 ** 60, 2 ** 69])("a whole number beyond 2^53 is written exactly: %d", (value) => {
  const config = new Config({ kind: "text", name: "text" }, "seed: 1\nsizes: [1, 0]\n");
  config.set("seed", value).set("sizes", [value, 0]);
  expect(config.text).toBe(`seed: ${BigInt(value)}\nsizes: [${BigInt(value)}, 0]\n`);
  expect(config.get("seed")).toBe(BigInt(value));
});

test("a value that contains itself ended in a RangeError of JavaScript: its place is named", () => {
  const list: unknown[] = [];
  list.push(list);
  const section: Record<string, unknown> = { b: { c: [1] } };
  section.self = [section];
  const config = open("a: 1\ns:\n  b: 1\n");
  const refused = (place: string) =>
    expect.objectContaining({
      code: "CONFIG_EDIT_REFUSED",
      message: `${place}: expected a value that ends, found one that contains itself`,
      hint: "set a copy without the circle",
    });
  expect(() => config.set("a", list)).toThrow(refused("a.0"));
  expect(() => config.set("n.m", section)).toThrow(refused("n.m.self.0"));
  expect(() => config.merge({ a: list })).toThrow(refused("a.0"));
  expect(() => config.merge({ s: section })).toThrow(refused("s.self.0.self"));
  expect(config.text).toBe("a: 1\ns:\n  b: 1\n");
});

test("one list at two places is no circle, and a value of 10,000 levels is refused without a RangeError", () => {
  const shared = [1, 2];
  expect(edited("a: 1\n", "b", { x: shared, y: shared })).toBe("a: 1\nb:\n  x: [1, 2]\n  y: [1, 2]\n");
  let deep: unknown = 1;
  for (let level = 0; level < 10_000; level += 1) deep = [deep];
  expect(() => edited("a: 1\n", "a", deep)).toThrow(/^a: expected at most 100 levels of lists and objects/);
});
