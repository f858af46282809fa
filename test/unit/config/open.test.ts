import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listTemplates, openConfig } from "../../../src/config/open.js";
import { ConfigError } from "../../../src/core/error.js";
import { displayKey } from "../../../src/view/display-contract.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "config-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function failure(text: string): Promise<ConfigError> {
  const error = await openConfig(text).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error as ConfigError;
}

test("a template opens by name, with and without its ending", async () => {
  const one = await openConfig("pretrain_deepseek3_671b");
  const two = await openConfig("pretrain_deepseek3_671b.yaml");
  expect(one.text).toBe(two.text);
  expect(one.source).toEqual({ kind: "template", name: "pretrain_deepseek3_671b" });
  expect(await listTemplates()).toContain("pretrain_deepseek3_1b");
});

test("every template is free of errors and warnings", async () => {
  for (const name of await listTemplates()) {
    const issues = (await openConfig(name)).check().filter(({ severity }) => severity !== "advice");
    expect(issues, name).toEqual([]);
  }
});

test("a file opens by its path and is saved byte for byte, with its mark and line ends", async () => {
  const path = join(folder, "my.yaml");
  const text = "\ufeffa: 1.e-8\r\n# ü 模型\r\nb: 2";
  await writeFile(path, text);
  const config = await openConfig(path);
  expect(config.get("a")).toBe(1e-8);
  const saved = await config.save(join(folder, "deep", "copy.yaml"));
  expect(await readFile(saved)).toEqual(Buffer.from(text));
});

test("text opens as text", async () => {
  expect((await openConfig("a: 1")).get("a")).toBe(1);
  expect((await openConfig("# c\n")).toJS()).toEqual({});
});

test("an unknown name lists the templates or says which was meant", async () => {
  expect((await failure("pretrain_deepseek_671b")).hint).toMatch(
    /did you mean openConfig\("pretrain_deepseek3_671b"\)/,
  );
  const far = await failure("nothing-like-it");
  expect(far.code).toBe("CONFIG_NOT_FOUND");
  expect(far.hint).toContain("pretrain_deepseek3_1b");
});

test("a path that leads to no file says what is there: a folder, no folder, or files with other names", async () => {
  await writeFile(join(folder, "train.yaml"), "a: 1");
  const nearMiss = await failure(join(folder, "trian.yaml"));
  expect([nearMiss.message, nearMiss.hint]).toEqual([
    expect.stringContaining(`found no such file in ${folder}`),
    `did you mean openConfig(${JSON.stringify(join(folder, "train.yaml"))})?`,
  ]);
  expect((await failure(folder)).message).toContain("found a folder");
  expect((await failure("no/such/folder/x.yaml")).message).toMatch(/found no folder .*no\/such\/folder/);
  expect((await failure("")).message).toContain('config ""');
});

test("bytes that are not UTF-8 are refused", async () => {
  await writeFile(join(folder, "x.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]));
  expect((await failure(join(folder, "x.yaml"))).message).toMatch(/expected YAML in UTF-8/);
});

describe("text that PyYAML can't read is refused with line, column, excerpt and cure", () => {
  test.each([
    ["a tab as indentation", "a:\n\tb: 1\n", [2, 1], /tab/, /spaces/],
    ["a tab after a colon", "a: 1\nb:\t1\n", [2, 3], /tab/, /spaces/],
    ["a tab before a comment", "a: 1\t# x\n", [1, 5], /tab/, /spaces/],
    ["an open bracket", "a: [1, 2\nb: 3\n", [2, 2], /unclosed \[: expected a comma/, /close/],
    ["an open quote", 'a: "x\n', [1, 4], /quote/, /quote/],
    ["two colons", "a: b: c\n", [1, 5], /second colon/, /quotes/],
    ["an alias without anchor", "a: *x\n", [1, 4], /no anchor &x/, /&x/],
    ["an alias of itself", "a: &x\n  b: *x\n", [2, 6], /inside the value that it repeats/, /write the value out/],
    ["an anchor twice", "a: &x 1\nb: &x 2\n", [2, 7], /&x appears twice/, /another name/],
    ["a tag that makes a set of a section", "a: !!set {b: null}\n", [1, 10], /tag !!set/, /remove the tag/],
    ["a tag that makes bytes of a text", "a: !!binary aGk=\n", [1, 13], /tag !!binary/, /remove the tag/],
    ["a merged set that a key repeats", "<<: &s !!set {b: 1}\na: *s\n", [1, 14], /tag !!set/, /remove the tag/],
    ["a clock time of 60 minutes", "a: 2024-01-02 03:60:05\n", [1, 4], /no value/, /quote/],
    ["a tag of a list on a section", "a: !!seq\n  b: 1\n", [2, 3], /tag !!seq/, /remove the tag/],
    ["a tag of its own on a list", "a: !mine [1]\n", [1, 10], /tag !mine/, /remove the tag/],
    ["two documents", "a: 1\n---\nb: 2\n", [2, 1], /2 documents/, /one document/],
    ["a list at the top", "- 1\n", [1, 1], /expected keys/, /seed/],
    ["a control character", "a: 1\nb: \u0007\n", [2, 4], /U\+0007/, /remove/],
    ["a line separator", "a: x\u2028y\n", [1, 5], /U\+2028/, /line break/],
    ["an equals sign alone", "a: =\n", [1, 4], /no value/, /quote/],
    ["a tag of another language", "a: !!python/name:os.system 1\n", [1, 28], /tag/, /remove the tag/],
    ["a wrong indentation", "a:\n   b: 1\n  c: 2\n", [3, 3], /next key, or a line with less indentation/, /indent/],
  ] as const)("%s", async (_what, text, [line, column], message, hint) => {
    const error = await failure(text);
    expect(error.code).toBe("CONFIG_UNREADABLE");
    expect(error.message).toMatch(message);
    expect(error.message).toContain("^");
    expect(error.hint).toMatch(hint);
    expect([error.issues[0]?.line, error.issues[0]?.column]).toEqual([line, column]);
  });

  test("aliases that multiply to billions of values are refused at once", async () => {
    const lines = Array.from(
      { length: 12 },
      (_, level) =>
        `k${level}: &k${level} [${Array(10)
          .fill(level === 0 ? "1" : `*k${level - 1}`)
          .join(", ")}]`,
    );
    const error = await failure(`${lines.join("\n")}\n`);
    expect(error.message).toMatch(/more than 200000 values/);
    expect(error.issues[0]?.line).toBe(6);
  });

  test("brackets without end are refused, not a crash", async () => {
    expect((await failure(`a: ${"[".repeat(100_000)}\n`)).code).toBe("CONFIG_UNREADABLE");
    expect((await failure(`a: ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`)).code).toBe("CONFIG_UNREADABLE");
  });

  test("a date as a key has the name that Python prints", async () => {
    const config = await openConfig("{2024-1-2t3:04:05.25+02:00: 1, 2024-01-02: 2, 0024-1-2 3:04:05 Z: 3}\n");
    expect(Object.keys(config.toJS())).toEqual([
      "2024-01-02 03:04:05.250000+02:00",
      "2024-01-02",
      "0024-01-02 03:04:05+00:00",
    ]);
  });

  test("bytes, sets, and pairs are fine where PyYAML drops them: below a key that stands again, and merged", async () => {
    const text = "<<: !!set {seed: 1}\nb: !!binary two words\nc: !!set {d}\nc: 3\nb: 2\n";
    expect((await openConfig(text)).toJS()).toEqual({ seed: 1, b: 2, c: 3 });
  });

  test("tabs inside quotes, comments and block text are fine", async () => {
    expect((await openConfig('a: "x\ty" # \t\nb: |\n  p\tq\n')).toJS()).toEqual({ a: "x\ty", b: "p\tq\n" });
  });
});

test("a configuration and its diff show themselves as text and HTML", async () => {
  const config = (await openConfig("pretrain_deepseek3_1b")).set("runner_config.epochs", 7);
  expect(String(config[displayKey]()["text/plain"])).toMatch(/mesh +data_parallel 2 · model_parallel 2/);
  const diff = config.diff()[displayKey]();
  expect(String(diff["text/plain"])).toMatch(/runner_config\.epochs +2 +7/);
  expect(diff).toHaveProperty(["text/html"]);
});

test("the tree of a configuration tells line and meaning, marks edits and findings, and shows what was removed", async () => {
  const config = await openConfig(
    "a: &x 1.e-8\nuse: *x\nrunner_config:\n  epochs: 2\n  batch_size: 1\ncontext:\n  mode: 0\n",
  );
  const untouched = String(config[displayKey]()["text/html"]);
  expect(untouched).toContain("<b>1.e-8</b>");
  expect(untouched).toMatch(/line 2, \*x/);
  expect(untouched).toContain("passes over sizes[0] samples");
  expect(untouched).toContain('title="int · default 1"');
  config.set("runner_config.epoch", 3).unset("runner_config.batch_size").set("context.mode", 1);
  const edited = String(config[displayKey]()["text/html"]);
  expect(edited).toMatch(/3 changes · \d+ errors?/);
  expect(edited).toContain("was 0");
  expect(edited).toMatch(/removed/);
  expect(edited).toContain("did you mean runner_config.epochs?");
  expect(edited.match(/<details open/g)?.length).toBeGreaterThanOrEqual(2);
  const plain = String(config[displayKey]()["text/plain"]);
  expect(plain).toContain("runner_config.batch_size 1 → –");
});
