import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { flagNames } from "../../../src/config/command/command-flags.js";
import type { Config } from "../../../src/config/config.js";
import { openConfig } from "../../../src/config/open.js";
import { ConfigError } from "../../../src/core/error.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { runPython } from "../../support/project-python.js";
import { makeCall, randomCall } from "../../support/yaml-edits.js";

const shipped = join(packageRoot(), ".venv", "lib", "python3.11", "site-packages", "configs");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "command-line-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Case {
  readonly before: string;
  readonly words: readonly string[];
  readonly after: string;
}

/** The case of a configuration's edits, or undefined if they have no form on the command line. */
function caseOf(config: Config, before: string): Case | undefined {
  try {
    return { before, words: config.toCommandLine().words, after: config.text };
  } catch (error) {
    if (!(error instanceof ConfigError) || error.code !== "CONFIG_NOT_ON_COMMAND_LINE") throw error;
    return undefined;
  }
}

/** Edits of the 1B template that all have a form, with every kind of value and every quirk. */
const told: readonly Readonly<Record<string, unknown>>[] = [
  { "runner_config.epochs": 3, "runner_config.sink_mode": false, "lr_schedule.learning_rate": 1.5e-5 },
  { "optimizer.eps": 1e-30, "optimizer.betas": [0.9, 1], "optimizer.weight_decay": 0.1 },
  { seed: 7, output_dir: "-strange=1", load_checkpoint: "a b", resume_training: true, use_parallel: false },
  { resume_training: "0", run_mode: "finetune", profile: true, remote_save_url: "" },
  { "trainer.model_name": "123", "trainer.x": "1e5", "trainer.y": "True", "trainer.z": "null", "trainer.w": "a=b" },
  {
    "trainer.a": "",
    "trainer.b": " x ",
    "trainer.c": "-h",
    "trainer.d": "[1]",
    "trainer.e": '"q"',
    "trainer.f": "NaN",
  },
  { "trainer.a": "模型 😀", "trainer.b": "a\nb", "trainer.c": "１２", "trainer.d": "infinity", "trainer.e": "1_000" },
  { "trainer.a": null, "trainer.b": -5, "trainer.c": -1e-7, "trainer.d": -0.25, "trainer.e": Number.NaN },
  { "trainer.a": 2n ** 70n, "trainer.b": 0, "trainer.c": [1, 2.5, "x=y", null, true, { k: [1.5] }], "trainer.d": [] },
  { "parallel_config.data_parallel": 4, "train_dataset.seed": 9, "train_dataset.data_loader.sizes.0": 77 },
  { "callbacks.1.save_checkpoint_steps": 5, "model.model_config.offset": [0, 1] },
  { "monitor_config.monitor_on": true, "swap_config.swap": false, "recompute_config.recompute": [1, 2] },
  { remove_redundancy: true, train_precision_sync: true, "context.save_graphs": true },
];

test("MindFormers reads edits on the command line as it reads them in the saved YAML", async () => {
  const cases: Case[] = [];
  const template = await openConfig("pretrain_deepseek3_1b");
  for (const edits of told) {
    const config = template.copy();
    for (const [path, value] of Object.entries(edits)) config.set(path, value);
    const words = config.toCommandLine().words;
    cases.push({ before: template.text, words, after: config.text });
  }
  let refused = 0;
  const files = (await readdir(shipped, { recursive: true })).filter((file) => /pretrain.*\.yaml$/.test(file)).sort();
  for (const [index, file] of files.entries()) {
    const original = await openConfig(join(shipped, file));
    for (const call of fc.sample(randomCall(original), { numRuns: 40, seed: 1234 + index })) {
      const config = original.copy();
      try {
        makeCall(config, call);
      } catch {
        continue;
      }
      const made = caseOf(config, original.text);
      if (made === undefined) refused++;
      else cases.push(made);
    }
  }
  expect(cases.length).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(50);
  const list = join(folder, "cases.json");
  await writeFile(list, JSON.stringify({ cases, flags: flagNames }));
  const answer = await runPython<{ outcomes: (string | null)[]; flags: string[] }>(
    "integration/config/command_line.py",
    [list],
    folder,
  );
  expect(answer.flags).toEqual([]);
  const wrong = answer.outcomes.flatMap((found, index) =>
    found === null || found === "unusable" ? [] : [{ found, words: cases[index]?.words }],
  );
  expect(wrong).toEqual([]);
  expect(answer.outcomes.slice(0, told.length)).toEqual(told.map(() => null));
  expect(answer.outcomes.filter((found) => found === null).length).toBeGreaterThan(100);
});
