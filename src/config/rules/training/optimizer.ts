import { divisionText, nearestDivisors } from "../arithmetic.js";
import { byHand, setTo, takeAway } from "../cure.js";
import { advice, error, warning } from "../findings.js";
import { isLatent } from "../mesh/division.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const at = (name: string): string => `optimizer.${name}`;

function* moments({ get }: RuleContext): Generator<RuleFinding> {
  const betas = get(at("betas"));
  if (Array.isArray(betas)) {
    const legal = betas.length === 2 && betas.every((beta) => typeof beta === "number" && beta >= 0 && beta < 1);
    if (!legal)
      yield error(
        [at("betas"), `expected two numbers from 0 to below 1, found ${JSON.stringify(betas)}`],
        setTo(at("betas"), [0.9, 0.95]),
      );
  }
  const eps = get(at("eps"));
  if (typeof eps === "number" && eps <= 0)
    yield error([at("eps"), `expected a number above 0, found ${eps}`], setTo(at("eps"), 1e-8));
  const decay = get(at("weight_decay"));
  if (typeof decay === "number" && (decay < 0 || decay > 1))
    yield error([at("weight_decay"), `expected a number from 0 to 1, found ${decay}`], setTo(at("weight_decay"), 0.1));
}

function* kinds(context: RuleContext): Generator<RuleFinding> {
  const { get, mcore, mesh, model } = context;
  const type = get(at("type"));
  if (type === "Muon") {
    if (!mcore || (model !== undefined && !isLatent(context)))
      yield error([at("type"), "Muon is made for mcore models with latent attention"], setTo(at("type"), "AdamW"));
    if (get(at("swap")) === true)
      yield error([at("swap"), "Muon does not move its state to host memory"], setTo(at("swap"), false));
    const shard = get("parallel.parallel_optimizer_config.optimizer_weight_shard_size");
    if (
      get("parallel.enable_parallel_optimizer") === true &&
      typeof shard === "number" &&
      mesh.semiAuto &&
      shard > mesh.dataParallel
    )
      yield error(
        [
          "parallel.parallel_optimizer_config.optimizer_weight_shard_size",
          `Muon shards its state over data-parallel devices: ${shard} > data_parallel ${mesh.dataParallel}`,
        ],
        setTo("parallel.parallel_optimizer_config.optimizer_weight_shard_size", mesh.dataParallel),
      );
  }
  const fused = get(at("use_fused")) === true;
  for (const name of ["amsgrad", "maximize"])
    if (type === "AdamW" && get(at(name)) !== undefined && !fused)
      yield error(
        [at(name), `${name} works with use_fused True only, and is not even known without`],
        takeAway(at(name)),
      );
  const eps = get(at("eps"));
  if (
    typeof type === "string" &&
    type.toLowerCase() === "came" &&
    eps !== undefined &&
    (!Array.isArray(eps) || eps.length !== 3)
  )
    yield error([at("eps"), `Came takes three values, found ${JSON.stringify(eps)}`], takeAway(at("eps")));
}

const shardPath = "parallel.parallel_optimizer_config.optimizer_weight_shard_size";

function* shardSize({ get, mesh }: RuleContext): Generator<RuleFinding> {
  const size = get(shardPath);
  const data = mesh.dataParallel;
  if (!mesh.semiAuto || get("parallel.enable_parallel_optimizer") !== true || typeof size !== "number" || size === -1)
    return;
  if (size < 1)
    yield error(
      [shardPath, `expected -1 (all data-parallel devices) or at least 1, found ${size}`],
      setTo(shardPath, -1),
    );
  else if (size < data && data % size !== 0)
    yield error(
      [shardPath, `optimizer_weight_shard_size must divide data_parallel: ${divisionText(data, size)}`],
      setTo(shardPath, nearestDivisors(data, size, 1)[0] ?? -1),
    );
  else if (size > data)
    yield advice(
      [
        shardPath,
        `${size} is more than the devices that hold the same slice (data_parallel ${data}; ` +
          "more for tensors that model_parallel does not split); MindSpore shards over those",
      ],
      byHand(`config.set("${shardPath}", -1) also shards over all of them`),
    );
}

function* sharding({ get, mesh, device }: RuleContext): Generator<RuleFinding> {
  const path = "parallel.enable_parallel_optimizer";
  if (!mesh.semiAuto || device !== "Ascend") return;
  if (mesh.dataParallel > 1 && get(path) !== true)
    yield advice(
      [
        path,
        `each of the data_parallel ${mesh.dataParallel} devices keeps the whole optimizer state; ` +
          `sharded, each keeps 1/${mesh.dataParallel}`,
      ],
      setTo(path, true),
    );
}

function* shardDivisible({ get, mesh, facts, modelNumber, modelPath }: RuleContext): Generator<RuleFinding> {
  const devices = facts.devices;
  if (
    !mesh.semiAuto ||
    get("parallel.enable_parallel_optimizer") !== true ||
    devices === undefined ||
    mesh.dataParallel < 2
  )
    return;
  for (const name of ["vocab_size", "hidden_size"]) {
    const size = modelNumber(name);
    if (size === undefined || size % devices === 0) continue;
    yield advice(
      [
        modelPath(name),
        "some of the optimizer state can't be sharded: " +
          `${name} ${divisionText(size, devices)}, and MindFormers warns`,
      ],
      byHand(`a ${name} that ${devices} divides is sharded completely`),
    );
  }
}

function* gradients({ get, model }: RuleContext): Generator<RuleFinding> {
  if (get("runner_wrapper.use_clip_grad") === false)
    yield advice(
      ["runner_wrapper.use_clip_grad", "gradients are not clipped: one bad batch can spoil the run"],
      setTo("runner_wrapper.use_clip_grad", true),
    );
  const norm = get("runner_wrapper.max_grad_norm");
  if (typeof norm === "number" && norm <= 0)
    yield error(
      ["runner_wrapper.max_grad_norm", `expected a limit above 0, found ${norm}`],
      setTo("runner_wrapper.max_grad_norm", 1),
    );
  const scale = get("runner_wrapper.scale_sense");
  if (typeof scale === "number" && scale <= 0)
    yield error(
      ["runner_wrapper.scale_sense", `expected a factor above 0, found ${scale}`],
      setTo("runner_wrapper.scale_sense", 1),
    );
  else if (typeof scale === "number" && scale !== 1 && model?.compute_dtype === "bfloat16")
    yield warning(
      ["runner_wrapper.scale_sense", `bfloat16 needs no loss scaling, found ${scale}`],
      setTo("runner_wrapper.scale_sense", 1),
    );
}

export const optimizerRules: readonly Rule[] = [
  {
    id: "moments",
    about: "betas are two numbers from 0 to below 1, eps > 0, weight_decay from 0 to 1",
    engine: "refuses",
    cure: true,
    check: moments,
  },
  {
    id: "optimizer-kind",
    about: "Muon, Came, and AdamW have the settings that they take",
    engine: "refuses",
    cure: true,
    check: kinds,
  },
  {
    id: "shard-size",
    about: "optimizer_weight_shard_size is -1 or divides data_parallel",
    engine: "fails later",
    cure: true,
    check: shardSize,
  },
  {
    id: "optimizer-parallel",
    about: "data-parallel devices shard the optimizer state",
    engine: "accepts",
    cure: true,
    check: sharding,
  },
  {
    id: "shard-divisible",
    about: "with a sharded optimizer the devices divide vocab_size and hidden_size",
    engine: "accepts",
    cure: false,
    check: shardDivisible,
  },
  {
    id: "gradients",
    about: "gradients are clipped; bfloat16 has no loss scaling",
    engine: "accepts",
    cure: true,
    check: gradients,
  },
];
