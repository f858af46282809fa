import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { listRules } from "../../../src/config/rule-list.js";
import type { Issue } from "../../../src/core/error.js";
import { brokenConfig, cpus, factsOf, npus, ruleCases } from "../../support/rule-cases.js";

const model = "model.model_config";
const gpt = "train_dataset.data_loader.config";
const named = ruleCases.map((one, index) => [`${one.rule} #${index}: ${one.path || "the file"}`, one] as const);

test.each(named)("%s: reported alone, with the arithmetic, and cured by code if it can be", async (_, one) => {
  const config = await brokenConfig(one);
  const issues = config.check(factsOf(one));
  const isIt = ({ rule, path }: Issue): boolean => rule === one.rule && path === one.path;
  const issue = issues.find(isIt);
  if (issue === undefined)
    throw new Error(`found only ${issues.map(({ rule, path }) => `${rule} at ${path}`).join(", ")}`);
  expect(issue).toMatchObject({ severity: one.severity ?? "error", message: expect.stringMatching(one.says) });
  expect(issue.hint).toMatch(/\w/);
  const written = config.get(one.path.split(".")[0] ?? "") !== undefined;
  expect(issue.line === undefined).toBe(!written);
  const strange = ({ rule, severity }: Issue): boolean => severity !== "advice" && one.also?.includes(rule) !== true;
  expect(issues.filter((found) => strange(found) && found.rule !== one.rule)).toEqual([]);

  expect(issue.fix === undefined).toBe(one.cured === undefined);
  if (one.cured === undefined) {
    expect(() => config.fix(issue)).toThrow(/no fix that code can apply/);
    return;
  }
  config.fix(issue);
  for (const [path, value] of Object.entries(one.cured)) expect(config.get(path), path).toEqual(value);
  const left = config.check(factsOf(one));
  expect(left.filter((found) => strange(found) || isIt(found))).toEqual([]);
});

test("every rule has a case, and says truly whether code can cure it", () => {
  for (const { id, cure } of listRules()) {
    const cases = ruleCases.filter(({ rule }) => rule === id);
    // They have tests of their own: an edit would write the value rightly.
    if (["number-as-text", "duplicate-key", "number-base"].includes(id)) continue;
    expect(cases.length, id).toBeGreaterThan(0);
    expect([id, cases.some(({ cured }) => cured !== undefined)]).toEqual([id, cure]);
  }
});

test("fixAll cures what code can cure, one after the other, and returns what is left", async () => {
  const config = await openConfig("pretrain_deepseek3_1b");
  config
    .set("parallel_config.pipeline_stage", 3)
    .set(`${model}.n_group`, 5)
    .set(`${gpt}.random_seed`, 7)
    .set("favourite_color", "blue");
  expect(config.fixAll(npus)).toMatchObject([{ rule: "unknown-key", path: "favourite_color" }]);
  expect(config.get("parallel_config.pipeline_stage")).toBe(2);
  expect(config.check(npus).filter(({ severity }) => severity === "error")).toEqual([]);
  expect(config.diff().changes.map(({ path }) => path)).toContain(`${model}.n_group`);
});

test("fixAll leaves a sound configuration byte for byte as it is", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const { text } = config;
  config.fixAll({ device: "Ascend", devices: 256 });
  expect(config.text).toBe(text);
});

test("a cure keeps comments, order and spelling of all other lines", async () => {
  const text = "run_mode: 'train'\nrunner_config:\n  epoch: 3   # passes\n  batch_size: 1\nlr: 1.e-8 # odd\n";
  const config = await openConfig(text);
  const issue = config.check().find(({ path }) => path === "runner_config.epoch");
  config.fix(issue as NonNullable<typeof issue>);
  expect(config.text).toBe(text.replace("epoch:", "epochs:"));
});

test("a cure that no longer fits the text is refused", async () => {
  const config = (await openConfig("pretrain_deepseek3_1b")).set("runner_config.epoch", 1);
  const fix = [{ kind: "rename", path: "runner_config.epoch", to: "epochs" }] as const;
  const issue = { severity: "error", rule: "x", path: "", message: "", hint: "", fix } as const;
  expect(() => config.fix(issue)).toThrow(/epochs is already in the same section/);
  expect(() => config.fix({ ...issue, fix: [{ kind: "unset", path: "runner_config.nothing" }] })).toThrow(
    /there is nothing/,
  );
});

test("unknown keys where MindFormers ignores them are warnings with line and column of the key", async () => {
  const config = await openConfig(
    "a: 1\nmodel:\n  model_config:\n    hiden_size: 2\nuse_legacy: False\nrun_mode: train\n",
  );
  expect(config.check().filter(({ rule }) => rule === "unknown-key")).toMatchObject([
    { severity: "warning", path: "a", line: 1, column: 1 },
    {
      severity: "warning",
      path: `${model}.hiden_size`,
      line: 4,
      column: 5,
      hint: `did you mean ${model}.hidden_size?`,
    },
  ]);
});

test("a key in the wrong section is sent to the right one", async () => {
  const config = (await openConfig("pretrain_deepseek3_1b")).set("epochs", 3);
  expect(config.check()).toMatchObject([{ rule: "unknown-key", hint: "did you mean runner_config.epochs?" }]);
  expect(config.check()[0]?.fix).toBeUndefined();
});

test("a number that PyYAML takes for text is reported with its fix: an error where a number is needed, else a warning", async () => {
  const config = await openConfig("run_mode: train\nlr_schedule:\n  type: x\n  learning_rate: 1e-5\nx: 1.0e5\n");
  const issues = config.check().filter(({ rule }) => rule === "number-as-text");
  expect(issues).toMatchObject([
    { severity: "error", path: "lr_schedule.learning_rate", line: 4, column: 18, hint: "write 1.0e-5" },
    { severity: "warning", path: "x", line: 5, column: 4, hint: "write 1.0e+5" },
  ]);
  for (const issue of issues) config.fix(issue);
  expect(config.check().filter(({ rule }) => rule === "number-as-text")).toEqual([]);
  expect(config.get("lr_schedule.learning_rate")).toBe(1e-5);
});

test("a float that MindFormers wants is written with a point, so that the check is content", async () => {
  const config = (await openConfig("pretrain_deepseek3_1b")).set(`${model}.hidden_dropout`, 0);
  expect(config.text).toContain("hidden_dropout: 0.0");
  config.set(`${model}.new_dropout`, 0).set("optimizer.weight_decay", 1);
  expect(config.text).toContain("weight_decay: 1.0");
  const whole = await openConfig(
    `run_mode: train\nuse_legacy: False\nmodel:\n  model_config:\n    hidden_dropout: 0\n`,
  );
  const [issue] = whole.check();
  expect(issue).toMatchObject({ rule: "dropout", path: `${model}.hidden_dropout` });
  whole.fix(issue as NonNullable<typeof issue>);
  expect(whole.text).toContain("hidden_dropout: 0.0");
  expect(whole.check()).toEqual([]);
});

test("a whole number written with a point is cured by taking the point away", async () => {
  const config = await openConfig("run_mode: train\nrunner_config:\n  epochs: 4.0 # passes\n");
  const [issue] = config.check();
  expect(issue).toMatchObject({ rule: "wrong-type", path: "runner_config.epochs" });
  config.fix(issue as NonNullable<typeof issue>);
  expect(config.text).toContain("epochs: 4 # passes");
  expect(config.check()).toEqual([]);
});

test("another end-of-document token matters only where it is used", async () => {
  const config = await openConfig("pretrain_deepseek3_1b");
  expect(config.check({ ...npus, dataset: { eod: 7 } })).toEqual([]);
});

test("a whole cluster of facts that fit raises nothing", async () => {
  const config = await openConfig("pretrain_deepseek3_tiny_cpu");
  expect(
    config.check({ ...cpus, checkpoint: "present", dataset: { eod: 1, seqLength: 128, vocabSize: 128815 } }),
  ).toEqual([]);
  const large = await openConfig("pretrain_deepseek3_671b");
  const nodeRanks = Array.from({ length: 32 }, (_, index) => index);
  const facts = {
    device: "Ascend",
    devices: 256,
    nodeRanks,
    arguments: ["--seed", "7", "--runner_config.epochs", "2"],
  } as const;
  expect(large.check(facts).filter(({ severity }) => severity !== "advice")).toEqual([]);
});
