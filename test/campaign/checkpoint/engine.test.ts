import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { openConfig } from "../../../src/config/open.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { parseEngineLine } from "../../../src/formats/engine-log.js";
import { runVenv } from "../../support/jupyter.js";
import { freePort } from "../../support/ports.js";
import { projectPython, runPython } from "../../support/project-python.js";

// An environment of its own: python -m venv .setup/hf && .setup/hf/bin/pip install torch transformers
const transformers = join(packageRoot(), ".setup", "hf", "bin", "python");
const engine = join(packageRoot(), "extensions", "engine", "run_mindformer.py");
const folder = mkdtempSync(join(tmpdir(), "checkpoint-engine-"));
const half = 4;

async function writeConfig(layout: "ranks" | "iteration"): Promise<string> {
  const config = await openConfig("pretrain_deepseek3_tiny_cpu");
  return config
    .set("train_dataset.data_loader.sizes.0", half * 4)
    .set("train_dataset.data_loader.config.seq_length", 32)
    .set("train_dataset.data_loader.config.data_path.1", join(folder, "tokens"))
    .set("model.model_config.seq_length", 32)
    .set("model.model_config.vocab_size", 256)
    .set("model.model_config.rotary_scaling_factor", 1)
    .set("lr_schedule.warmup_steps", 2)
    .saving({ every: half, layout })
    .save(join(folder, `${layout}.yaml`));
}

/** Trains with two workers; the losses of rank 0 by step. */
async function train(name: string, config: string, more: readonly string[] = []): Promise<Map<number, number>> {
  const place = join(folder, name);
  mkdirSync(place);
  const msrun = ["--worker_num=2", "--local_worker_num=2", `--master_port=${await freePort()}`, "--join=True"];
  const start = [`--log_dir=${join(place, "logs")}`, "--cluster_time_out=60", engine, "--config", config];
  const output = ["--output_dir", join(place, "output")];
  const { status, stdout } = runVenv("msrun", [...msrun, ...start, ...output, ...more], { cwd: place });
  expect(status, stdout.slice(-3000)).toBe(0);
  const lines = readFileSync(join(place, "logs", "worker_0.log"), "utf8").split("\n");
  const steps = lines.map((line) => parseEngineLine(line)).filter((line) => line?.kind === "step");
  return new Map(steps.map(({ step, loss }) => [step, loss]));
}

let whole: Map<number, number>;
let configs: Record<"ranks" | "iteration", string>;
/** The checkpoint of the middle, alone, as MindFormers wrote it in folders of ranks. */
const middle = join(folder, "middle");

beforeAll(async () => {
  await runPython<number>("integration/engine/write_tokens.py", [join(folder, "tokens"), "64", "33", "256"], folder);
  configs = { ranks: await writeConfig("ranks"), iteration: await writeConfig("iteration") };
  whole = await train("whole", configs.ranks);
  for (const { path, rank } of (await openCheckpoints(join(folder, "whole", "output", "checkpoint"))).at(half).files)
    cpSync(path, join(middle, `rank_${rank}`, path.slice(path.lastIndexOf("/") + 1)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secondHalf = () => [...whole].filter(([step]) => step > half);

test("a model that merge wrote trains on with the losses of the training that never stopped", async () => {
  const merged = join(folder, "merged");
  await (await (await openCheckpoint(middle, { strategy: "replicas" })).merge({ output: merged })).run();
  const losses = await train("resumed", configs.iteration, ["--load_checkpoint", merged, "--resume_training", "True"]);
  expect([...losses]).toEqual(secondHalf());
});

test("two workers save the 1.9 layout: it is sound, equals the folders of ranks, and trains on", async () => {
  const losses = await train("iteration", configs.iteration);
  expect([...losses]).toEqual([...whole]);
  const saved = join(folder, "iteration", "output", "checkpoint");
  const point = (await openCheckpoints(saved)).at(half);
  expect((await point.verify()).findings).toEqual([]);
  const { differences } = await point.compareTo(await openCheckpoint(middle, { strategy: "replicas" }));
  expect(differences.filter(({ change }) => change === "values" || change === "shape")).toEqual([]);
  const alone = join(folder, "alone");
  cpSync(join(saved, "iteration_00000004"), join(alone, "iteration_00000004"), { recursive: true });
  writeFileSync(join(alone, "latest_checkpointed_iteration.txt"), String(half));
  const more = await train("again", configs.iteration, ["--load_checkpoint", alone, "--resume_training", "True"]);
  expect([...more]).toEqual(secondHalf());
});

test("the way back from Hugging Face trains on with the losses of the weights themselves", async () => {
  const model = (await openConfig(configs.ranks)).get("model.model_config") as Record<string, unknown>;
  const [there, back] = [join(folder, "there"), join(folder, "back")];
  const point = await openCheckpoint(middle, { strategy: "replicas" });
  await (await point.toHuggingFace({ output: there, config: model })).run();
  await (await (await openCheckpoint(there)).fromHuggingFace({ output: back, config: model })).run();
  // Ranks keep a bias of the experts of their own; a whole model has that of rank 0.
  const alike = join(folder, "alike");
  for (const rank of [0, 1]) {
    const { path } = point.files[0] as { path: string };
    cpSync(path, join(alike, `rank_${rank}`, path.slice(path.lastIndexOf("/") + 1).replace("rank_0", `rank_${rank}`)));
  }
  const direct = await train("direct", configs.ranks, ["--load_checkpoint", alike]);
  expect([...(await train("back-again", configs.iteration, ["--load_checkpoint", back]))]).toEqual([...direct]);
});

test("transformers computes the logits of MindFormers' forward pass from the converted model", async () => {
  expect(existsSync(transformers), `${transformers}: install torch and transformers there`).toBe(true);
  const ids = join(folder, "ids.json");
  writeFileSync(ids, JSON.stringify([Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256)]));
  const script = (name: string) => join(packageRoot(), "test", "campaign", "checkpoint", name);
  const [weights] = (await openCheckpoint(middle)).files.map(({ path }) => path) as [string];
  const own = [script("mindformers_logits.py"), configs.ranks, weights, ids, join(folder, "own.npy")];
  execFileSync(projectPython(), own, { cwd: folder, stdio: "ignore" });
  const other = [script("transformers_logits.py"), join(folder, "there"), ids, join(folder, "other.npy")];
  const told = execFileSync(transformers, other, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(JSON.parse(told)).toEqual({ missing_keys: [], unexpected_keys: [], mismatched_keys: [] });
  const numbers = (name: string) =>
    new Float32Array(Uint8Array.from(readFileSync(join(folder, name)).subarray(128)).buffer);
  const [a, b] = ["own.npy", "other.npy"].map(numbers) as [Float32Array, Float32Array];
  expect(a.length).toBe(b.length);
  const largest = a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? 0))), 0);
  expect(largest).toBeLessThan(1e-5);
});
