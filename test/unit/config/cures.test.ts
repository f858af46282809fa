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
