import { expect, test } from "vitest";
import { describeKey, listKeys, meantPath } from "../../../src/config/keys/describe.js";
import { openConfig } from "../../../src/config/open.js";
import { displayKey } from "../../../src/view/display-contract.js";

test("a key is described with type, default, meaning, versions, and whether its section is strict", () => {
  expect(describeKey("runner_config.sink_size")).toMatchObject({ types: ["int"], default: 1, strict: true });
  expect(describeKey("context.dataset_broadcast_opt_level")).toMatchObject({ since: "1.9", strict: false });
  expect(describeKey("context.deterministic")).toMatchObject({ until: "mid-2025" });
  expect(describeKey("seed")[displayKey]()["text/plain"]).toMatch(/default +1/);
  expect(describeKey("callbacks.2.save_checkpoint_steps").meaning).toBe("steps between checkpoints");
});

test("with a configuration the default is that of its model and of its types", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  expect(describeKey("model.model_config.hidden_size").default).toBe(0);
  expect(describeKey("model.model_config.hidden_size", config).default).toBe(7168);
  expect(describeKey("optimizer.learning_rate").default).toBe(5e-5);
  expect(describeKey("optimizer.learning_rate", config).default).toBe(1e-3);
});

test("an unknown key or section says which was probably meant", () => {
  expect(() => describeKey("parallel_config.model_paralel")).toThrow(/has no such key/);
  expect(() => listKeys("paralel_config")).toThrow(/no section of that name/);
  try {
    describeKey("epochs");
  } catch (error) {
    expect(String((error as { hint?: string }).hint)).toContain('describeKey("runner_config.epochs")');
  }
});

test("the keys of a section, or all of them, are a list that shows itself as a table", () => {
  const keys = listKeys("parallel_config");
  expect(keys.map(({ path }) => path)).toContain("parallel_config.expert_parallel");
  expect(String(keys[displayKey]()["text/plain"])).toMatch(
    /parallel_config\.pipeline_stage +int +1 +stages of the pipeline/,
  );
  expect(listKeys().length).toBeGreaterThan(600);
  expect(listKeys("callbacks").some(({ path }) => path === "callbacks.save_checkpoint_steps")).toBe(true);
});

test("a misspelled path means the nearest known one; a known or a strange one means no other", () => {
  expect(meantPath("parallel_config.data_paralel")).toBe("parallel_config.data_parallel");
  expect(meantPath("runer_config.epochs")).toBe("runner_config.epochs");
  expect(meantPath("sead")).toBe("seed");
  for (const path of [
    "runner_config.stop_step",
    "seed",
    "my.own.key",
    "callbacks.2.remove_redundancy",
    "model.model_config.n_kv_heads",
  ])
    expect(meantPath(path)).toBeUndefined();
});
