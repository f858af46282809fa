import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { displayKey } from "../../../src/view/display-contract.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "origin-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("origin", () => {
  const text = "seed: 1 # s\ndata: &d\n  k: [1, 2]\nuse: *d\nrunner_config:\n  epochs: 2\n";

  test("of an untouched value is the line of the text, also through an alias", async () => {
    const config = await openConfig(text);
    expect(config.origin("seed")).toMatchObject({ value: 1, kind: "text", where: "the text, line 1", line: 1 });
    expect(config.origin("use")).toMatchObject({ kind: "text", where: "the text, line 4, alias *d" });
    expect(config.origin("use.k.1")).toMatchObject({ value: 2, where: "the text, line 3, as data.k.1", line: 3 });
  });

  test("of an edited value is the edit; taken back or set to the old value it is the line again", async () => {
    const config = (await openConfig(text))
      .set("seed", 2)
      .merge({ runner_config: { epochs: 3 } })
      .set("use.k.0", 9);
    expect(config.origin("seed")).toMatchObject({ value: 2, kind: "edit", where: "set in the notebook, edit 1 of 3" });
    expect(config.origin("runner_config.epochs").where).toBe("merged in the notebook, edit 2 of 3");
    expect(config.origin("data.k.0")).toMatchObject({ kind: "edit", where: "set in the notebook, edit 3 of 3" });
    expect(config.origin("runner_config").where).toBe("the text, line 6; last merged in the notebook, edit 2 of 3");
    config.set("seed", 1);
    expect(config.origin("seed")).toMatchObject({ kind: "text", line: 1 });
    expect(config.copy({ by: "the plan" }).set("seed", 5).origin("seed").where).toBe("set by the plan, edit 5 of 5");
  });

  test("of a missing value is MindFormers' default, or nowhere", async () => {
    const config = (await openConfig(text)).unset("runner_config.epochs");
    expect(config.origin("runner_config.sink_size")).toMatchObject({ value: 1, kind: "default" });
    expect(config.origin("runner_config.epochs").where).toBe(
      "default of MindFormers 1.9; the text had a value, which was removed",
    );
    expect(config.origin("no.such.key")).toMatchObject({ value: undefined, kind: "nowhere" });
    expect(config.origin("seed")[displayKey]()["text/plain"]).toContain("the text, line 1");
  });

  test("of a template names it", async () => {
    const config = await openConfig("pretrain_deepseek3_1b");
    expect(config.origin("run_mode").where).toMatch(/^template pretrain_deepseek3_1b, line \d+$/);
  });
});

describe("a file that base_config includes", () => {
  test("is the origin of what the file itself does not say, and is looked at by check", async () => {
    const base = "seed: 7\nrunner_config:\n  epochs: 4\n  batchsize: 1\n";
    await writeFile(join(folder, "deep.yaml"), "output_dir: /deep\nseed: 1\n");
    await writeFile(join(folder, "base.yaml"), `base_config: deep.yaml\n${base}`);
    await writeFile(join(folder, "own.yaml"), "base_config: ./base.yaml\nrunner_config:\n  epochs: '5'\n");
    const config = await openConfig(join(folder, "own.yaml"));
    expect(config.get("seed")).toBeUndefined();
    expect(config.origin("seed")).toMatchObject({
      value: 7,
      kind: "base",
      where: `${join(folder, "base.yaml")}, line 2`,
    });
    expect(config.origin("output_dir")).toMatchObject({ value: "/deep", kind: "base", line: 1 });
    expect(config.origin("runner_config.epochs")).toMatchObject({ value: "5", kind: "text" });
    expect(config.origin("runner_config.batchsize").kind).toBe("base");
  });

  test("that is missing, or includes itself, is an error of check", async () => {
    await writeFile(join(folder, "own.yaml"), "base_config: [own.yaml, none.yaml]\nseed: 1\n");
    const issues = (await openConfig(join(folder, "own.yaml"))).check().filter(({ rule }) => rule === "base-config");
    expect(issues.map(({ message }) => message).join("\n")).toMatch(/none\.yaml: no such file/);
    expect(issues.map(({ message }) => message).join("\n")).toMatch(/more than 10 includes/);
  });
});
