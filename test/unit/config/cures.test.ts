import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import type { FixStep } from "../../../src/core/error.js";

const npus = { device: "Ascend", devices: 256, devicesPerNode: 8 } as const;
const serious = (issues: readonly { severity: string }[]) => issues.filter(({ severity }) => severity !== "advice");

async function threeMistakes() {
  const config = await openConfig("pretrain_deepseek3_671b");
  config.set("parallel_config.data_parallel", 16).set("parallel_config.model_parallel", 6);
  return config.set("model.model_config.seq_length", 4095);
}

test("several mistakes of the mesh get one consistent set of cures: no path gets two values", async () => {
  const config = await threeMistakes();
  const steps = config.check(npus).flatMap(({ severity, fix = [] }) => (severity === "advice" ? [] : fix));
  const sets = steps.filter((step): step is Extract<FixStep, { kind: "set" }> => step.kind === "set");
  const values = new Map<string, Set<unknown>>();
  for (const { path, value } of sets) values.set(path, (values.get(path) ?? new Set()).add(value));
  expect([...values].filter(([, all]) => all.size > 1)).toEqual([]);
  expect(values.size).toBeGreaterThan(1);
  for (const { path, value } of sets) config.set(path, value);
  expect(serious(config.check(npus))).toEqual([]);
});

test("typing every hint, in the order of the findings, leaves nothing to cure", async () => {
  const config = await threeMistakes();
  for (const { hint, severity } of config.check(npus)) {
    const [call = ""] = hint.split("  or  ");
    if (severity === "advice" || !call.includes("config.set(")) continue;
    for (const [, path = "", value = ""] of call.matchAll(/\.set\("([^"]+)", ([^)]+)\)/g))
      config.set(path, JSON.parse(value));
  }
  expect(serious(config.check(npus))).toEqual([]);
});

test("errors that only the cures bring about are cured with them: a split model on a CPU, typed once", async () => {
  const cpu = { device: "CPU", devices: 2, devicesPerNode: 2 } as const;
  const config = await openConfig("pretrain_deepseek3_1b");
  for (const { severity, fix = [] } of config.check(cpu))
    for (const step of severity === "error" ? fix : []) if (step.kind === "set") config.set(step.path, step.value);
  const left = config.check(cpu).filter(({ severity, fix }) => severity === "error" && fix !== undefined);
  expect(left).toEqual([]);
  expect(config.get("parallel_config.data_parallel")).toBe(2);
});

test.each([1.5, 4095.5])(
  "a value of the wrong type is corrected, not copied to the keys that must equal it: %d",
  async (length) => {
    const config = await openConfig("pretrain_deepseek3_tiny_cpu");
    config.set("model.model_config.seq_length", length);
    const seen = () => serious(config.check()).map((issue) => JSON.stringify(issue));
    expect(seen().filter((issue) => issue.includes("config.set") && issue.includes(`, ${length})`))).toEqual([]);
    const data = "train_dataset.data_loader.config.seq_length";
    const hints = config
      .set(data, length)
      .check()
      .filter(({ path }) => /seq_length$/.test(path));
    expect(hints.map(({ hint }) => hint.replace(/.*, /, ""))).toEqual([
      `${Math.round(length)})`,
      `${Math.round(length)})`,
    ]);
  },
);

test("a key of another callback is moved there: save_checkpoint_steps belongs to the CheckpointMonitor", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const index = (config.get("callbacks") as { type: string }[]).findIndex(({ type }) => type === "CheckpointMonitor");
  const other = index === 1 ? 0 : 1;
  config.set(`callbacks.${other}.save_checkpoint_steps`, 10);
  const issue = config.check(npus).find(({ path }) => path === `callbacks.${other}.save_checkpoint_steps`);
  expect(issue?.hint).toBe(`did you mean callbacks.${index}.save_checkpoint_steps?`);
});

test("a key that only another kind of callback knows names that callback", async () => {
  const config = await openConfig("callbacks:\n  - type: MFLossMonitor\n    save_checkpoint_steps: 10\n");
  const issue = config.check().find(({ path }) => path === "callbacks.0.save_checkpoint_steps");
  expect(issue?.hint).toMatch(/^save_checkpoint_steps is a key of the callback CheckpointMonitor/);
});

test.each([
  ["pretrain_deepseek3_tiny", 'did you mean openConfig("pretrain_deepseek3_tiny_cpu")?'],
  ["pretrain_deepseek3_671", 'did you mean openConfig("pretrain_deepseek3_671b")'],
  ["pretrain_deepsek3_671b.yaml", 'did you mean openConfig("pretrain_deepseek3_671b")?'],
])("the beginning of a template's name suggests that template: %s", async (name, hint) => {
  await expect(openConfig(name)).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
});

test.each([
  ["learning_rate", "another section", ["learning_rate", "runner_config.learning_rate"], "lr_schedule.learning_rate"],
  ["seed", "a section", ["optimizer.seed", "parallel_config.seed"], "seed"],
  ["sink_mode", "the top", ["sink_mode", "callbacks.1.sink_mode"], "runner_config.sink_mode"],
  ["warmup_ratio", "optimizer", ["optimizer.warmup_ratio"], "lr_schedule.warmup_ratio"],
  ["total_steps", "the top", ["total_steps"], "lr_schedule.total_steps"],
  [
    "gradient_accumulation_steps",
    "the top",
    ["gradient_accumulation_steps"],
    "runner_config.gradient_accumulation_steps",
  ],
  ["datasets_type", "a callback", ["callbacks.0.datasets_type"], "train_dataset.data_loader.datasets_type"],
])("%s in %s is sent to the section that rules it, not to a similar name", async (_, _where, places, home) => {
  const config = await openConfig("pretrain_deepseek3_1b");
  for (const path of places) {
    const copy = config.copy({ by: "the test" }).set(path, config.get(home) ?? 1);
    const found = copy.check(npus).find((issue) => issue.path === path);
    expect(found?.hint, path).toBe(`did you mean ${home}?`);
  }
});

test("no misplaced key is sent where it has no effect either", async () => {
  const config = await openConfig("pretrain_deepseek3_1b");
  const places = ["", "optimizer.", "lr_schedule.", "runner_config.", "callbacks.0.", "callbacks.1.", "train_dataset."];
  const sections = ["optimizer", "lr_schedule", "runner_config", "parallel_config", "callbacks.1"];
  for (const section of sections)
    for (const [name, value] of Object.entries(config.get(section) as object)) {
      if (name === "type" || typeof value === "object") continue;
      for (const place of places) {
        const path = `${place}${name}`;
        if (config.has(path)) continue;
        const copy = config.copy({ by: "the test" }).unset(`${section}.${name}`).set(path, value);
        const issue = copy.check(npus).find((one) => one.path === path && one.rule === "unknown-key");
        if (issue?.fix === undefined) continue;
        copy.fix(issue);
        const home = issue.fix.find((step) => step.kind === "set")?.path;
        const again = copy.check(npus).filter((one) => one.path === home && /no effect|no such key/.test(one.message));
        expect(again, `${section}.${name} at ${path}`).toEqual([]);
      }
    }
});
