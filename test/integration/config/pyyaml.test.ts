import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { ConfigError } from "../../../src/core/error.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { runPython, startPython } from "../../support/project-python.js";
import { makeCall, randomCall } from "../../support/yaml-edits.js";

const shipped = join(packageRoot(), ".venv", "lib", "python3.11", "site-packages", "configs");
const templates = join(packageRoot(), "src", "config", "templates");

async function yamlFiles(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => join(folder, file))
    .sort();
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pyyaml-"));
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * Our values in the form that load.py prints; floats and integers are told apart by PyYAML only, so both become
 * numbers.
 */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function unspell(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unspell);
  if (typeof value !== "object" || value === null) return value;
  const [kind, content] = Object.entries(value)[0] as [string, unknown];
  if (kind === "map")
    return Object.fromEntries(Object.entries(content as object).map(([key, item]) => [key, unspell(item)]));
  return kind === "date" ? content : Number(content);
}

describe("MindFormers' own files", () => {
  test("are saved byte for byte as they were opened", async () => {
    const files = await yamlFiles(shipped);
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const saved = await (await openConfig(file)).save(join(folder, basename(file)));
      expect((await readFile(saved)).equals(await readFile(file)), file).toBe(true);
    }
  });

  test("are read as PyYAML reads them", async () => {
    const files = [...(await yamlFiles(shipped)), ...(await yamlFiles(templates))];
    const expected = await runPython<unknown[]>("integration/config/load.py", files, folder);
    for (const [index, file] of files.entries()) {
      expect(plain((await openConfig(file)).toJS()), file).toEqual(unspell(expected[index]));
    }
  });

  test("the 671B template has the same values as MindFormers' file", async () => {
    const files = [
      join(templates, "pretrain_deepseek3_671b.yaml"),
      join(shipped, "deepseek3", "pretrain_deepseek3_671b.yaml"),
    ];
    const [ours, theirs] = await runPython<unknown[]>("integration/config/load.py", files, folder);
    expect(ours).toEqual(theirs);
  });
});

/** Numbers as text, because JSON has no NaN, no infinity and no big integers. */
function encode(value: unknown): unknown {
  if (typeof value === "bigint") return { $number: value.toString() };
  if (typeof value === "number")
    return { $number: Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : floatText(value) };
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)]));
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  return /[.e]/.test(String(value)) ? String(value) : `${BigInt(value)}.0`;
}

test("PyYAML reads exactly the intended change and nothing else out of 1,000 random edits of each of MindFormers' pre-training files", async () => {
  const files = (await yamlFiles(shipped)).filter((file) => basename(file).includes("pretrain"));
  expect(files.length).toBeGreaterThanOrEqual(8);
  const python = startPython("integration/config/check_edits.py", folder);
  const perFile = 1000;
  let refused = 0;
  for (const [index, file] of files.entries()) {
    const config = await openConfig(file);
    const calls = fc.sample(randomCall(config), { numRuns: perFile * 2, seed: 97 + index });
    let made = 0;
    for (const call of calls) {
      if (made === perFile) break;
      try {
        const after = makeCall(config.copy(), call).text;
        const value = encode(call.value);
        await python.write(`${JSON.stringify({ file, verb: call.verb, path: call.path, value, after })}\n`);
        made++;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        refused++;
      }
    }
    expect(made, file).toBe(perFile);
  }
  const { agree, differ } = await python.end<{ agree: number; differ: unknown[] }>();
  expect(differ).toEqual([]);
  expect(agree).toBe(files.length * perFile);
  expect(refused).toBeLessThan(agree / 5);
});

test("whole floats inside objects and lists stay floats for PyYAML, where MindFormers refuses whole numbers", async () => {
  const config = await openConfig("pretrain_qwen3_32b");
  config
    .set("model", { model_config: { model_type: "qwen3", hidden_dropout: 0, attention_dropout: 0, num_layers: 2 } })
    .merge({ optimizer: { type: "AdamW", betas: [0, 1], eps: 1 }, lr_schedule: { learning_rate: 1, warmup_steps: 2 } })
    .set("callbacks", [{ type: "CheckpointMonitor", embedding_local_norm_threshold: 1, save_checkpoint_steps: 5 }])
    .set("runner_wrapper", { type: "MFTrainOneStepCell", scale_sense: 1, use_clip_grad: true })
    .set("grouped_lr_schedule", { grouped: [{ type: "ConstantWarmUpLR", learning_rate: 2, warmup_steps: 3 }] });
  const file = await config.save(join(folder, "floats.yaml"));
  const [read] = await runPython<unknown[]>("integration/config/load.py", [file], folder);
  const [float, int] = [(text: string) => ({ float: text }), (text: string) => ({ int: text })];
  expect(read).toMatchObject({
    map: {
      model: {
        map: {
          model_config: {
            map: { hidden_dropout: float("0.0"), attention_dropout: float("0.0"), num_layers: int("2") },
          },
        },
      },
      optimizer: { map: { betas: [float("0.0"), float("1.0")], eps: float("1.0") } },
      lr_schedule: { map: { learning_rate: float("1.0"), warmup_steps: int("2") } },
      callbacks: [{ map: { embedding_local_norm_threshold: float("1.0"), save_checkpoint_steps: int("5") } }],
      runner_wrapper: { map: { scale_sense: float("1.0") } },
      grouped_lr_schedule: { map: { grouped: [{ map: { learning_rate: float("2.0"), warmup_steps: int("3") } }] } },
    },
  });
});
