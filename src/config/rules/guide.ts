import { dataLoaderPath } from "../keys/data-path.js";
import { byHand, setAll, setTo } from "./cure.js";
import { advice } from "./findings.js";
import type { Rule, RuleContext, RuleFinding } from "./rule.js";

const gpt = `${dataLoaderPath}.config`;

function* sequenceParallel({ get, mesh, mcore, modelNumber, device }: RuleContext): Generator<RuleFinding> {
  const path = "parallel_config.use_seq_parallel";
  const length = modelNumber("seq_length");
  const experts = modelNumber("n_routed_experts") ?? get("moe_config.expert_num") ?? 0;
  if (
    !mesh.semiAuto ||
    !mcore ||
    device !== "Ascend" ||
    get(path) === true ||
    mesh.tensorParallel <= 1 ||
    Number(experts) > 1
  )
    return;
  if (length === undefined || length % mesh.tensorParallel !== 0) return;
  yield advice(
    [
      path,
      `each of ${mesh.tensorParallel} model-parallel devices computes the same norms and dropouts; ` +
        `split along the sequence, each device keeps 1/${mesh.tensorParallel} of their activations`,
    ],
    setTo(path, true),
  );
}

function* longSequence({ mesh, modelNumber, modelPath }: RuleContext): Generator<RuleFinding> {
  const length = modelNumber("seq_length");
  if (!mesh.semiAuto || length === undefined || length < 32_768 || mesh.contextParallel > 1) return;
  const parts = Math.max(2, Math.ceil(length / 16_384));
  yield advice(
    [
      modelPath("seq_length"),
      `activations of ${length} tokens on every device: from 32768 tokens on, split the sequence with context_parallel`,
    ],
    byHand(`config.set("parallel_config.context_parallel", ${parts}) and ${parts} times as many devices`),
  );
}

function* fullMask({ get, megatron, modelNumber }: RuleContext): Generator<RuleFinding> {
  const path = `${gpt}.create_attention_mask`;
  const length = modelNumber("seq_length");
  if (!megatron || length === undefined || length < 8192 || get(path) !== true) return;
  const megabytes = Math.round((length * length * 4) / 2 ** 20);
  yield advice(
    [
      path,
      `every sample carries a mask of ${length} · ${length} numbers (${megabytes} MB); attention is causal without it`,
    ],
    setAll([
      [path, false],
      ...["input_columns", "construct_args_key"].flatMap((name) => {
        const columns = get(`train_dataset.${name}`);
        if (!Array.isArray(columns) || !columns.includes("attention_mask")) return [];
        return [[`train_dataset.${name}`, columns.filter((column) => column !== "attention_mask")] as const];
      }),
    ]),
  );
}

function* recomputeChoice({ get, device }: RuleContext): Generator<RuleFinding> {
  const path = "recompute_config.recompute";
  if (get(path) !== true || device !== "Ascend") return;
  yield advice(
    [
      path,
      "every layer is recomputed, about a third more work; " +
        "if memory allows, recompute only activation functions and products, or fewer layers per stage",
    ],
    byHand(
      'config.set("recompute_config.recompute", false).set("recompute_config.select_recompute", true), ' +
        "then look at the memory in the plan",
    ),
  );
}

function* debugging({ get }: RuleContext): Generator<RuleFinding> {
  const graphs = get("context.save_graphs");
  if (graphs === true || (typeof graphs === "number" && graphs > 0))
    yield advice(
      ["context.save_graphs", "writing compiler graphs slows the start and fills the disk"],
      setTo("context.save_graphs", false),
    );
  if (get("profile") !== true) return;
  const [start, stop] = [get("profile_start_step") ?? 1, get("profile_stop_step") ?? 10];
  if (typeof start !== "number" || typeof stop !== "number") return;
  if (start >= 3 && stop - start <= 4 && stop >= start) return;
  const first = Math.max(3, start);
  yield advice(
    [
      "profile_start_step",
      "profile 2 to 4 steps from step 3 on: " +
        `found steps ${start} to ${stop}, which include compilation or give gigabytes of records`,
    ],
    setAll([
      ["profile_start_step", first],
      ["profile_stop_step", first + 3],
    ]),
  );
}

function* hostMemory({ facts, model, device }: RuleContext): Generator<RuleFinding> {
  const { environment } = facts;
  if (
    environment === undefined ||
    device !== "Ascend" ||
    model?.moe_grouped_gemm !== true ||
    environment.ACLNN_CACHE_LIMIT
  )
    return;
  yield advice(
    [
      "model.model_config.moe_grouped_gemm",
      "grouped experts change their shapes at every step, and the cache of operators fills host memory",
    ],
    byHand("ACLNN_CACHE_LIMIT=100 in the environment of the workers"),
  );
}

/** The performance-tuning guide, as far as a configuration shows it. */
export const guideRules: readonly Rule[] = [
  {
    id: "share-norms",
    about: "tensor parallelism goes with sequence parallelism",
    engine: "accepts",
    cure: true,
    check: sequenceParallel,
  },
  {
    id: "long-sequence",
    about: "context_parallel splits sequences from 32768 tokens on",
    engine: "accepts",
    cure: false,
    check: longSequence,
  },
  {
    id: "full-mask",
    about: "long samples carry no full attention mask",
    engine: "accepts",
    cure: true,
    check: fullMask,
  },
  {
    id: "recompute-choice",
    about: "recompute cheap operators first",
    engine: "accepts",
    cure: false,
    check: recomputeChoice,
  },
  {
    id: "debugging",
    about: "no compiler graphs in a real run; profile 2 to 4 steps from step 3 on",
    engine: "accepts",
    cure: true,
    check: debugging,
  },
  {
    id: "host-memory",
    about: "grouped experts go with ACLNN_CACHE_LIMIT",
    engine: "accepts",
    cure: false,
    check: hostMemory,
  },
];
