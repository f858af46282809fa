import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assistant } from "../../../src/assist/assistant.js";
import { templateCatalog } from "../../../src/config/templates/catalog.js";
import { openConfig } from "../../../src/index.js";
import type { ArgumentPlace } from "../../../src/view/display-contract.js";

const nowhere = { index: 0, keys: [], isKey: false, text: "", earlier: [], receiver: undefined };
const offers = async (place: Partial<ArgumentPlace> & { callee: string }) =>
  (await assistant.complete({ ...nowhere, ...place }))?.offers ?? [];
const texts = async (place: Partial<ArgumentPlace> & { callee: string }) =>
  (await offers(place)).map(({ text }) => text);
const explain = (place: Partial<ArgumentPlace> & { callee: string }) => assistant.inspect({ ...nowhere, ...place });
const tiny = await openConfig("pretrain_deepseek3_tiny_cpu");

describe("paths of keys", () => {
  it("begin with those that the open configuration holds, in its order, with value, default and meaning", async () => {
    const found = await offers({ callee: "Config.set", receiver: tiny });
    expect(found.slice(0, 2).map(({ text }) => text)).toEqual(["seed", "run_mode"]);
    expect(found.find(({ text }) => text === "runner_config.epochs")).toEqual({
      text: "runner_config.epochs",
      about: "int = 1 · default 1 · passes over sizes[0] samples",
    });
    const held = found.findIndex(({ text }) => text === "callbacks.2.save_checkpoint_steps");
    expect(held).toBeLessThan(found.findIndex(({ text }) => text === "optimizer.use_fused"));
  });

  it("are those of the types that it has: keys of its callbacks, none that only other optimizers know", async () => {
    const found = await texts({ callee: "Config.set", receiver: tiny });
    expect(found).toContain("callbacks.0.per_print_times");
    expect(found).not.toContain("parallel_config");
    expect(await texts({ callee: "Config.get", receiver: tiny })).toContain("parallel_config");
  });

  it("are only those that are there where one is removed", async () => {
    expect(await texts({ callee: "Config.unset", receiver: tiny })).not.toContain("data_skip_steps");
  });

  it("come from the catalog without a configuration", async () => {
    expect(await texts({ callee: "Config.set" })).toContain("optimizer.learning_rate");
    expect(await texts({ callee: "resumeRun", index: 1, keys: ["set"], isKey: true })).toContain("lr_schedule.type");
  });

  it("are keys of a section inside of merge", async () => {
    const place = { callee: "Config.merge", keys: ["context"], isKey: true, receiver: tiny };
    expect((await texts(place)).slice(0, 2)).toEqual(["mode", "device_target"]);
    expect(await texts({ ...place, keys: [] })).toContain("train_dataset");
  });
});

describe("values", () => {
  it.each([
    ["run_mode", ["train", "finetune"]],
    ["use_parallel", ["true", "false"]],
    ["optimizer.type", ["AdamW", "PmaAdamW"]],
    ["callbacks.2.checkpoint_format", ["safetensors", "ckpt"]],
    ["model.model_config.model_type", ["deepseek_v3"]],
  ])("of %s are listed", async (path, expected) => {
    const found = await texts({ callee: "Config.set", index: 1, earlier: [path], receiver: tiny });
    expect(found).toEqual(expect.arrayContaining(expected));
  });

  it("that are no text are marked as such", async () => {
    const found = await offers({ callee: "Config.merge", keys: ["use_parallel"], receiver: tiny });
    expect(found[0]).toEqual({ text: "true", code: "true", about: "now" });
  });
});

describe("the explanation of a key", () => {
  it("has meaning, type, default, values, and where the value comes from", () => {
    const text = explain({ callee: "Config.set", text: "run_mode", receiver: tiny });
    expect(text).toContain("- type: string or null");
    expect(text).toContain("- values: `train`, `finetune`");
    expect(text).toContain("- now: `train` (template pretrain_deepseek3_tiny_cpu, line 11)");
  });

  it("says what rules the key, before and after it is set", () => {
    const place = { callee: "Config.set", text: "optimizer.learning_rate" };
    const ruled = "has no effect: lr_schedule gives the rate of every step";
    expect(explain({ ...place, receiver: tiny })).toContain(`ruled by another key: a value here ${ruled}`);
    const changed = tiny.copy().set("optimizer.learning_rate", 0.1);
    expect(explain({ ...place, receiver: changed })).toContain(`warning: ${ruled}`);
    expect(tiny.edits).toEqual([]);
  });

  it("explains sections, and nothing that is no key", () => {
    expect(explain({ callee: "Config.get", text: "monitor_config" })).toContain("MindFormers refuses other keys here");
    expect(explain({ callee: "Config.get", text: "no.such.key" })).toBeUndefined();
  });
});

describe("names", () => {
  it("of templates, with devices and purpose, and files of YAML", async () => {
    const found = await assistant.complete({ ...nowhere, callee: "openConfig" });
    expect(found?.offers.map(({ text }) => text)).toEqual(templateCatalog.map(({ name }) => name));
    expect(found?.offers[0]?.about).toContain("template · 256 NPUs");
    expect(found?.files).toEqual([".yaml", ".yml"]);
  });

  it("of runs that are found from the working folder", async () => {
    const before = process.cwd();
    const folder = mkdtempSync(join(tmpdir(), "runs-"));
    try {
      for (const name of ["first", "second"]) {
        mkdirSync(join(folder, "runs", name), { recursive: true });
        writeFileSync(join(folder, "runs", name, "run.json"), "{}");
      }
      process.chdir(folder);
      const found = await offers({ callee: "openRun" });
      expect(found.map(({ text }) => text).sort()).toEqual(["first", "second"]);
      expect(found[0]?.about).toMatch(/^run · \d{4}-.* · runs$/);
    } finally {
      process.chdir(before);
      rmSync(folder, { recursive: true });
    }
  });

  it("of nothing for arguments that nothing is known about", () => {
    expect(assistant.complete({ ...nowhere, callee: "lineChart" })).toBeUndefined();
  });
});
