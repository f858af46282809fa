import { divisionText, nearestDivisors, nearestMultiple } from "../arithmetic.js";
import { type Cure, setAll, setTo } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const tensorPath = "parallel_config.model_parallel";
const dataPath = "parallel_config.data_parallel";

/** True for models with compressed keys and values, whose key-value heads are the attention heads. */
export function isLatent({ model }: RuleContext): boolean {
  return model?.multi_latent_attention === true || model?.model_type === "deepseek_v3";
}

/** Another model_parallel with data_parallel made up for it, so that the mesh keeps its size. */
function reshape({ mesh }: RuleContext, whole: number): Cure {
  const inside = mesh.tensorParallel * mesh.dataParallel;
  const legal = nearestDivisors(whole, mesh.tensorParallel, whole).filter((tensor) => inside % tensor === 0);
  const [tensor = 1] = legal;
  const { hint, fix = [] } = setAll([
    [tensorPath, tensor],
    [dataPath, inside / tensor],
    ...(tensor === 1 ? ([["parallel_config.use_seq_parallel", false]] as const) : []),
  ]);
  const [second] = legal.slice(1);
  return { hint: second === undefined ? hint : `${hint}  or model_parallel ${second}`, fix };
}

function* heads(context: RuleContext): Generator<RuleFinding> {
  const { mesh, modelNumber, modelPath } = context;
  const { tensorParallel: tensor, semiAuto } = mesh;
  const count = modelNumber("num_attention_heads");
  if (!semiAuto || count === undefined) return;
  if (count % tensor !== 0)
    yield error(
      [
        modelPath("num_attention_heads"),
        `every model-parallel device needs whole attention heads: ` +
          `num_attention_heads ${count} / ${tensorPath} ${divisionText(count, tensor).replace(/^\d+ \/ /, "")}`,
      ],
      reshape(context, count),
    );
  const keyValue = modelNumber("num_key_value_heads");
  if (keyValue !== undefined && !isLatent(context) && keyValue % tensor !== 0 && count % tensor === 0)
    yield error(
      [
        modelPath("num_key_value_heads"),
        `every model-parallel device needs whole heads of keys and values: ` +
          `num_key_value_heads ${keyValue} / ${tensorPath} ${divisionText(keyValue, tensor).replace(/^\d+ \/ /, "")}`,
      ],
      reshape(context, keyValue),
    );
}

function* headWidth(context: RuleContext): Generator<RuleFinding> {
  const { modelNumber, modelPath, mcore, model } = context;
  if (!mcore || model === undefined) return;
  if (isLatent(context)) {
    const [nope, rope, value] = ["qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"].map(modelNumber);
    if (nope === undefined || rope === undefined || value === undefined || nope + rope >= value) return;
    const message =
      `a head's query must not be narrower than its value: ` +
      `qk_nope_head_dim ${nope} + qk_rope_head_dim ${rope} = ${nope + rope} < v_head_dim ${value}`;
    yield error([modelPath("v_head_dim"), message], setTo(modelPath("v_head_dim"), nope + rope));
    return;
  }
  const [hidden, count] = [modelNumber("hidden_size"), modelNumber("num_attention_heads")];
  if (hidden === undefined || count === undefined || hidden % count === 0) return;
  const message = `the heads must divide hidden_size evenly: ${divisionText(hidden, count)}`;
  yield error([modelPath("hidden_size"), message], setTo(modelPath("hidden_size"), nearestMultiple(count, hidden)));
}

function* vocabulary({ mesh, modelNumber, modelPath, mcore }: RuleContext): Generator<RuleFinding> {
  const size = modelNumber("vocab_size");
  const tensor = mesh.tensorParallel;
  if (!mesh.semiAuto || !mcore || size === undefined || size % tensor === 0) return;
  const up = Math.ceil(size / tensor) * tensor;
  yield warning(
    [
      modelPath("vocab_size"),
      `the vocabulary is not split, every device holds all of it: vocab_size ${divisionText(size, tensor)}`,
    ],
    { ...setTo(modelPath("vocab_size"), up), hint: `pad it: config.set("${modelPath("vocab_size")}", ${up})` },
  );
}

function* feedForward({ mesh, modelNumber, modelPath, mcore }: RuleContext): Generator<RuleFinding> {
  const width = modelNumber("intermediate_size");
  const tensor = mesh.tensorParallel;
  const experts = modelNumber("n_routed_experts") ?? 0;
  const dense = experts <= 1 || (modelNumber("first_k_dense_replace") ?? 0) > 0;
  if (!mesh.semiAuto || !mcore || !dense || width === undefined || width % tensor === 0) return;
  const message = `model_parallel must divide feed-forward layers: intermediate_size ${divisionText(width, tensor)}`;
  const path = modelPath("intermediate_size");
  yield error([path, message], setTo(path, nearestMultiple(tensor, width)));
}

function* experts({ mesh, model, modelNumber, modelPath, get }: RuleContext): Generator<RuleFinding> {
  const ep = mesh.expertParallel;
  const legacy = get("moe_config.expert_num");
  const count = modelNumber("n_routed_experts") ?? (typeof legacy === "number" ? legacy : undefined);
  if (!mesh.semiAuto || model === undefined || ep <= 1) return;
  const path = "parallel_config.expert_parallel";
  if (count === undefined || count <= 0) {
    // A general template takes its experts from the Hugging Face configuration.
    if (get("pretrained_model_dir")) return;
    yield error([path, `expert_parallel is ${ep}, but the model has no experts`], setTo(path, 1));
    return;
  }
  if (count % ep === 0) return;
  const inside = mesh.dataParallel * mesh.tensorParallel;
  const near = nearestDivisors(count, ep, count).filter((size) => inside % size === 0);
  const place = typeof legacy === "number" ? "moe_config.expert_num" : modelPath("n_routed_experts");
  const message =
    `every expert-parallel device needs whole experts: ` +
    `n_routed_experts ${count} / ${path} ${divisionText(count, ep).replace(/^\d+ \/ /, "")}`;
  const cure = setTo(path, near[0] ?? 1);
  yield error([place, message], { ...cure, hint: `set ${path} to ${near.slice(0, 2).join(" or ")}` });
}

function* sequence({ mesh, modelNumber, modelPath, get }: RuleContext): Generator<RuleFinding> {
  const length = modelNumber("seq_length");
  if (!mesh.semiAuto || length === undefined) return;
  const path = modelPath("seq_length");
  const tensor = get("parallel_config.use_seq_parallel") === true ? mesh.tensorParallel : 1;
  const ring = get("model.model_config.use_ring_attention") === true ? 2 : 1;
  const context = mesh.contextParallel > 1 ? mesh.contextParallel * ring : 1;
  const parts = tensor * context;
  if (length % parts === 0) return;
  const names = [
    ...(tensor > 1 ? [`model_parallel ${tensor} (use_seq_parallel)`] : []),
    ...(context > 1 ? [`${ring === 2 ? "2 · " : ""}context_parallel ${mesh.contextParallel}`] : []),
  ];
  const message =
    `the sequence must divide evenly: ` +
    `seq_length ${length} / (${names.join(" · ")} = ${parts}) leaves ${length % parts}`;
  const near = nearestMultiple(parts, length);
  const data = "train_dataset.data_loader.config.seq_length";
  const both = get(data) === length ? ([[data, near]] as const) : [];
  yield error([path, message], setAll([[path, near], ...both]));
}

function* headsOfContext({ mesh, modelNumber, get }: RuleContext): Generator<RuleFinding> {
  const cp = mesh.contextParallel;
  const algorithm = get("parallel_config.context_parallel_algo") ?? "colossalai_cp";
  const path = "parallel_config.context_parallel_algo";
  if (!mesh.semiAuto) return;
  if (cp <= 1) {
    if (algorithm !== "colossalai_cp")
      yield warning([path, `${String(algorithm)} has no effect: context_parallel is 1`], setTo(path, "colossalai_cp"));
    return;
  }
  if (get("model.model_config.use_flash_attention") === false)
    yield error(
      ["model.model_config.use_flash_attention", `context_parallel ${cp} works with flash attention only`],
      setTo("model.model_config.use_flash_attention", true),
    );
  const degree = get("parallel_config.ulysses_degree_in_cp");
  if (algorithm === "hybrid_cp" && typeof degree === "number" && cp % degree !== 0)
    yield error(
      [
        "parallel_config.ulysses_degree_in_cp",
        `the Ulysses part must divide context_parallel: ${divisionText(cp, degree)}`,
      ],
      setTo("parallel_config.ulysses_degree_in_cp", nearestDivisors(cp, degree, 1)[0] ?? 1),
    );
  const heads = modelNumber("num_attention_heads");
  const parts = cp * mesh.tensorParallel;
  if (algorithm === "ulysses_cp" && heads !== undefined && heads % parts !== 0)
    yield error(
      [
        path,
        `ulysses_cp splits the heads: num_attention_heads ${heads} / ` +
          `(context_parallel ${cp} · model_parallel ${mesh.tensorParallel} = ${parts}) leaves ${heads % parts}`,
      ],
      setTo(path, "colossalai_cp"),
    );
}

function* sequenceParallel({ mesh, mcore, get, modelNumber }: RuleContext): Generator<RuleFinding> {
  const path = "parallel_config.use_seq_parallel";
  const on = get(path) === true;
  const off = (get(path) ?? false) === false;
  const { tensorParallel: tensor, semiAuto } = mesh;
  if (on && tensor <= 1 && mcore)
    yield error(
      [path, `use_seq_parallel splits the sequence among model-parallel devices, but model_parallel is ${tensor}`],
      setTo(path, false),
    );
  const legacyExperts = get("moe_config.expert_num");
  const experts = mcore
    ? (modelNumber("n_routed_experts") ?? 0)
    : typeof legacyExperts === "number"
      ? legacyExperts
      : 0;
  if (off && tensor > 1 && semiAuto && experts > 1)
    yield error(
      [
        path,
        `a model with experts needs use_seq_parallel with model_parallel ${tensor}: otherwise MindFormers refuses it`,
      ],
      setTo(path, true),
    );
}

export const divisionRules: readonly Rule[] = [
  {
    id: "heads-divisible",
    about: "model_parallel divides the attention heads and the heads of keys and values",
    engine: "refuses",
    cure: true,
    check: heads,
  },
  {
    id: "head-width",
    about: "hidden_size is a multiple of the heads; with latent attention the query is at least as wide as the value",
    engine: "refuses",
    cure: true,
    check: headWidth,
  },
  {
    id: "vocab-divisible",
    about: "model_parallel divides vocab_size, else the embedding is not split",
    engine: "ignores",
    cure: true,
    check: vocabulary,
  },
  {
    id: "ffn-divisible",
    about: "model_parallel divides intermediate_size",
    engine: "fails later",
    cure: true,
    check: feedForward,
  },
  {
    id: "experts-divisible",
    about: "expert_parallel divides the number of experts",
    engine: "refuses",
    cure: true,
    check: experts,
  },
  {
    id: "sequence-divisible",
    about: "sequence and context parallelism divide seq_length",
    engine: "fails later",
    cure: true,
    check: sequence,
  },
  {
    id: "context-parallel",
    about: "context parallelism needs flash attention and an algorithm that fits the heads",
    engine: "refuses",
    cure: true,
    check: headsOfContext,
  },
  {
    id: "sequence-parallel",
    about: "use_seq_parallel needs model_parallel > 1, and experts with model_parallel > 1 need use_seq_parallel",
    engine: "refuses",
    cure: true,
    check: sequenceParallel,
  },
];
