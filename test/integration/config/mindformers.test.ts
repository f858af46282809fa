import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Config } from "../../../src/config/config.js";
import { listTemplates, openConfig } from "../../../src/config/open.js";
import { listRules } from "../../../src/config/rule-list.js";
import { meshDevices, readMesh } from "../../../src/model/layout/mesh.js";
import { runPython } from "../../support/project-python.js";
import { brokenConfig, factsOf, type RuleCase, ruleCases } from "../../support/rule-cases.js";

const model = "model.model_config";

/** Edits of the 1B template that both must accept. */
const sound: readonly Readonly<Record<string, unknown>>[] = [
  { [`${model}.offset`]: [0, 1] },
  {
    [`${model}.mtp_loss_factor`]: 0.5,
    [`${model}.hidden_dropout`]: 0,
    [`${model}.n_group`]: 4,
    [`${model}.topk_group`]: 2,
  },
  { "processor.a.b.c.d.e.f.g.h.i": 1 },
  {
    "parallel_config.pipeline_stage": 1,
    "parallel_config.data_parallel": 4,
    "parallel_config.micro_batch_num": 1,
    [`${model}.offset`]: 0,
  },
  { "parallel.pipeline_config": { pipeline_interleave: false, pipeline_scheduler: "1f1b" } },
  { "lr_schedule.type": "CosineWithWarmUpLR", "lr_schedule.lr_end": 0.0 },
  {
    "parallel.dataset_strategy": [
      [2, 1],
      [2, 1],
      [2, 1],
      [2, 1],
    ],
    "parallel.full_batch": false,
  },
];

interface Question {
  readonly text: string;
  readonly devices: number;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Whether the layers are built too. */
  readonly network: boolean;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mindformers-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** MindFormers' refusals (or null), one process for all. */
async function ask(questions: readonly Question[]): Promise<readonly (string | null)[]> {
  const file = join(folder, "questions.json");
  await writeFile(file, JSON.stringify(questions));
  return runPython("integration/config/rules_oracle.py", [file], folder);
}

const layerRules = /heads|width|expert|sequence-parallel|mask|router/;

function question(one: RuleCase, config: Config): Question {
  const { devices = 1, environment } = factsOf(one);
  const network = layerRules.test(one.rule) && !one.template?.includes("671b");
  return { text: config.text, devices, environment, network };
}

/** Whether MindFormers must refuse a case, and why that differs from what the rule says of itself. */
function expected(one: RuleCase): boolean {
  const rule = listRules().find(({ id }) => id === one.rule);
  return one.mindformers?.[0] ?? (rule?.engine === "refuses" && (one.severity ?? "error") === "error");
}

test("MindFormers and our rules say the same about templates, broken settings and cured ones", async () => {
  const accepted: [string, Config, Question][] = [];
  const accept = (name: string, config: Config): void => {
    const devices = meshDevices(readMesh((path) => config.get(path)));
    accepted.push([name, config, { text: config.text, devices, network: true }]);
  };
  for (const name of await listTemplates()) accept(name, await openConfig(name));
  for (const edits of sound) {
    const config = await openConfig("pretrain_deepseek3_1b");
    for (const [path, value] of Object.entries(edits)) config.set(path, value);
    accept(JSON.stringify(edits), config);
  }
  const broken = await Promise.all(ruleCases.map(async (one) => [one, await brokenConfig(one)] as const));
  const cured = broken
    .filter(([one]) => one.cured !== undefined && expected(one) && one.mindformers === undefined)
    .map(([one, config]) => {
      const sane = config.copy();
      sane.fixAll(factsOf(one));
      return [one, sane] as const;
    });
  const answers = await ask([
    ...accepted.map(([, , asked]) => asked),
    ...broken.map(([one, config]) => question(one, config)),
    ...cured.map(([one, config]) => question(one, config)),
  ]);

  for (const [index, [name, config, { devices }]] of accepted.entries()) {
    expect([name, answers[index]]).toEqual([name, null]);
    const device = name.includes("cpu") ? "CPU" : "Ascend";
    expect(
      config.check({ device, devices }).filter(({ severity }) => severity !== "advice"),
      name,
    ).toEqual([]);
  }
  const differ = broken.flatMap(([one], index) => {
    const answer = answers[accepted.length + index] ?? null;
    return (answer !== null) === expected(one)
      ? []
      : [`${one.rule} at ${one.path}: MindFormers says ${answer ?? "nothing"}`];
  });
  expect(differ).toEqual([]);
  const stillRefused = cured.flatMap(([one], index) => {
    const answer = answers[accepted.length + broken.length + index] ?? null;
    return answer === null ? [] : [`${one.rule} at ${one.path}: ${answer}`];
  });
  expect(stillRefused).toEqual([]);
  expect(broken.filter(([one]) => expected(one)).length).toBeGreaterThan(80);
});
