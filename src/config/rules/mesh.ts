import { type ModelSection, modelNumber } from "../model-numbers.js";
import { type Mesh, meshArithmetic, meshDevices, positive, readMesh, readParallelMode } from "../settings.js";
import { isSection } from "../yaml-values.js";
import { nearestDivisors, setLine } from "./arithmetic.js";
import type { Rule, RuleContext, RuleFinding } from "./rule.js";

/** Changes that make the product equal to the devices: data_parallel alone if possible, else the nearest legal model_parallel first. */
function legalSettings(mesh: Mesh, devices: number): string {
  const others = mesh.tensorParallel * mesh.pipelineStages * mesh.contextParallel;
  if (devices % others === 0) return setLine("parallel_config.data_parallel", devices / others);
  const fixed = mesh.pipelineStages * mesh.contextParallel;
  if (devices % fixed !== 0) {
    const stages = nearestDivisors(devices, mesh.pipelineStages, 1)[0] ?? 1;
    return `${setLine("parallel_config.pipeline_stage", stages)}, then check again`;
  }
  const ways = nearestDivisors(devices / fixed, mesh.tensorParallel).map((tensor) => {
    const data = devices / fixed / tensor;
    const first = setLine("parallel_config.model_parallel", tensor);
    return data === mesh.dataParallel ? first : `${first}.set("parallel_config.data_parallel", ${data})`;
  });
  return ways.join("  or  ");
}

function* meshProduct({ get, facts }: RuleContext): Generator<RuleFinding> {
  const mesh = readMesh(get);
  const needed = meshDevices(mesh);
  if (facts.devices === undefined || needed === facts.devices) return;
  yield {
    severity: "error",
    path: mesh.tensorParallel > 1 ? "parallel_config.model_parallel" : "parallel_config.data_parallel",
    message: `the mesh must use every device once: ${meshArithmetic(mesh)}, but the cluster has ${facts.devices}`,
    hint: legalSettings(mesh, facts.devices),
  };
}

function* parallelMode({ get }: RuleContext): Generator<RuleFinding> {
  if (readParallelMode(get) !== undefined) return;
  yield {
    severity: "error",
    path: "parallel.parallel_mode",
    message: `expected 0 (data parallel), 1 (semi-automatic), 2 (automatic) or 3 (hybrid), found ${String(get("parallel.parallel_mode"))}`,
    hint: setLine("parallel.parallel_mode", 1),
  };
}

function* microBatches({ get }: RuleContext): Generator<RuleFinding> {
  const { pipelineStages, semiAuto } = readMesh(get);
  const count = positive(get, "parallel_config.micro_batch_num");
  if (!semiAuto || pipelineStages <= 1 || count >= pipelineStages) return;
  yield {
    severity: "error",
    path: "parallel_config.micro_batch_num",
    message: `a pipeline needs at least one micro-batch per stage: micro_batch_num ${count} < pipeline_stage ${pipelineStages}`,
    hint: setLine("parallel_config.micro_batch_num", pipelineStages),
  };
}

function* sequenceParallel({ get }: RuleContext): Generator<RuleFinding> {
  const { tensorParallel } = readMesh(get);
  if (get("parallel_config.use_seq_parallel") !== true || tensorParallel > 1 || get("use_legacy") !== false) return;
  yield {
    severity: "error",
    path: "parallel_config.use_seq_parallel",
    message: `use_seq_parallel shares the sequence among model-parallel devices, but model_parallel is ${tensorParallel}`,
    hint: setLine("parallel_config.use_seq_parallel", false),
  };
}

interface Divisible {
  readonly path: string;
  readonly value: number | undefined;
  readonly by: readonly [name: string, value: number];
  readonly why: string;
}

function* indivisible({ path, value, by: [name, divisor], why }: Divisible): Generator<RuleFinding> {
  if (value === undefined || value % divisor === 0) return;
  const near = nearestDivisors(value, divisor, 3).sort((a, b) => a - b);
  const short = path.split(".").at(-1) ?? path;
  const message = `${why}: ${short} ${value} / ${name} ${divisor} = ${(value / divisor).toFixed(2)}, remainder ${value % divisor}`;
  yield { severity: "error", path, message, hint: `set ${name} to ${near.join(" or ")}` };
}

function* divisibility({ get }: RuleContext): Generator<RuleFinding> {
  const mesh = readMesh(get);
  const model = get("model.model_config");
  if (!isSection(model) || !mesh.semiAuto) return;
  const of = (name: string): number | undefined => modelNumber(model as ModelSection, name);
  const expert = ["parallel_config.expert_parallel", mesh.expertParallel] as const;
  yield* indivisible({
    path: "model.model_config.num_attention_heads",
    value: of("num_attention_heads"),
    by: ["parallel_config.model_parallel", mesh.tensorParallel],
    why: "every model-parallel device gets whole attention heads",
  });
  yield* indivisible({
    path: "model.model_config.n_routed_experts",
    value: of("n_routed_experts"),
    by: expert,
    why: "every expert-parallel device gets whole experts",
  });
  const inside = mesh.dataParallel * mesh.tensorParallel;
  if (inside % mesh.expertParallel === 0) return;
  const [near = 1] = nearestDivisors(inside, mesh.expertParallel, 1);
  yield {
    severity: "error",
    path: "parallel_config.expert_parallel",
    message: `experts are shared inside data_parallel ${mesh.dataParallel} · model_parallel ${mesh.tensorParallel} = ${inside} devices, which expert_parallel ${mesh.expertParallel} does not divide`,
    hint: setLine("parallel_config.expert_parallel", near),
  };
}

function* datasetStrategy({ get }: RuleContext): Generator<RuleFinding> {
  const { dataParallel, semiAuto } = readMesh(get);
  const first = get("parallel.dataset_strategy.0.0");
  if (!semiAuto || get("parallel.full_batch") !== false || first === undefined || first === dataParallel) return;
  yield {
    severity: "error",
    path: "parallel.dataset_strategy",
    message: `the first number of each entry must be data_parallel ${dataParallel}, found ${String(first)}`,
    hint: "remove parallel.dataset_strategy, MindFormers 1.9 makes it itself, or correct each entry",
  };
}

export const meshRules: readonly Rule[] = [
  { id: "parallel-mode", check: parallelMode },
  { id: "mesh-product", check: meshProduct },
  { id: "micro-batches", check: microBatches },
  { id: "sequence-parallel", check: sequenceParallel },
  { id: "divisible", check: divisibility },
  { id: "dataset-strategy", check: datasetStrategy },
];
