import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listTemplates, openConfig } from "../../../src/config/open.js";
import { runPython } from "../../support/project-python.js";

const model = "model.model_config";

/** Edits of the 1B template that both must refuse: rule, edits, and MindFormers' words. */
const broken: readonly (readonly [rule: string, edits: Readonly<Record<string, unknown>>, words: RegExp])[] = [
  ["layer-offset", { [`${model}.offset`]: 0 }, /sum of `offset`/],
  ["layer-offset", { [`${model}.offset`]: [2, 0] }, /sum of `offset`/],
  ["layer-offset", { [`${model}.offset`]: [3, -2] }, /negative layers/],
  ["divisible", { [`${model}.num_attention_heads`]: 9 }, /must be a multiple/],
  ["expert-groups", { [`${model}.n_group`]: 3 }, /divisible by/],
  ["expert-groups", { [`${model}.topk_group`]: 16 }, /should be smaller/],
  ["expert-groups", { [`${model}.topk_group`]: 3 }, /must be divisible/],
  ["expert-groups", { [`${model}.n_group`]: 0 }, /must be specified/],
  ["layer-counts", { [`${model}.first_k_dense_replace`]: 4 }, /should not be bigger/],
  ["layer-counts", { [`${model}.num_nextn_predict_layers`]: 2 }, /mtp_num_layers/],
  ["double-name", { [`${model}.num_layers`]: 3 }, /Mapping Conflicts/],
  ["double-name", { [`${model}.moe_router_topk`]: 8 }, /Mapping Conflicts/],
  ["model-switches", { [`${model}.apply_rope_fusion`]: true }, /apply_rope_fusion/],
  [
    "model-switches",
    { [`${model}.use_attn_mask_compression`]: true, [`${model}.use_flash_attention`]: false },
    /mask compression/,
  ],
  ["sequence-parallel", { "parallel_config.model_parallel": 1 }, /sequence parallelism/],
  ["unknown-key", { "runner_config.epoch": 1 }, /unexpected key: epoch/],
  ["unknown-key", { "recompute_config.recompte": true }, /unexpected key: recompte/],
  ["unknown-key", { "monitor_config.monitor": true }, /unexpected key: monitor/],
  ["depth", { "context.a.b.c.d.e.f.g.h.i.j": 1 }, /nesting depth/],
];

/** Edits that both must accept. */
const sound: readonly Readonly<Record<string, unknown>>[] = [
  { [`${model}.offset`]: [0, 1] },
  {
    [`${model}.mtp_loss_factor`]: 0.5,
    [`${model}.hidden_dropout`]: 0,
    [`${model}.n_group`]: 4,
    [`${model}.topk_group`]: 2,
  },
  { "context.a.b.c.d.e.f.g.h.i": 1 },
  { "parallel_config.pipeline_stage": 1, [`${model}.offset`]: 0 },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mindformers-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function edited(template: string, edits: Readonly<Record<string, unknown>>) {
  const config = await openConfig(template);
  for (const [path, value] of Object.entries(edits)) config.set(path, value);
  return config;
}

test("MindFormers' own checks and our rules say the same about templates, broken settings and sound ones", async () => {
  const templates = await Promise.all((await listTemplates()).map((name) => edited(name, {})));
  const wrong = await Promise.all(broken.map(([, edits]) => edited("pretrain_deepseek3_1b", edits)));
  const right = await Promise.all(sound.map((edits) => edited("pretrain_deepseek3_1b", edits)));
  const list = join(folder, "texts.json");
  await writeFile(list, JSON.stringify([...templates, ...right, ...wrong].map(({ text }) => text)));
  const answers = await runPython<(string | null)[]>("integration/config/model_check.py", [list], folder);
  const accepted = [...templates, ...right];
  for (const [index, config] of accepted.entries()) {
    expect(answers[index], config.source.name).toBeNull();
    expect(config.check().filter(({ severity }) => severity === "error")).toEqual([]);
  }
  for (const [index, [rule, edits, words]] of broken.entries()) {
    const name = JSON.stringify(edits);
    expect(answers[accepted.length + index], name).toMatch(words);
    const found = wrong[index]?.check().filter((issue) => issue.rule === rule && issue.severity === "error");
    expect(found, name).not.toEqual([]);
  }
});
