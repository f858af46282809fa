import { nearestDivisors } from "../arithmetic.js";
import { type Cure, setTo } from "../cure.js";
import { error } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const modelPath = "model.model_config";

function* expertGroups({ mcore, model, modelNumber: of, modelPath: at }: RuleContext): Generator<RuleFinding> {
  const [experts, groups, chosen, perToken] = [
    of("n_routed_experts"),
    of("n_group"),
    of("topk_group"),
    of("num_experts_per_tok"),
  ];
  if (!mcore || model === undefined || !chosen || experts === undefined) return;
  if (!groups)
    yield error(
      [at("n_group"), `topk_group ${chosen} chooses among groups of experts, but n_group is ${groups ?? "missing"}`],
      setTo(at("n_group"), nearestDivisors(experts, chosen, experts).find((size) => size >= chosen) ?? chosen),
    );
  else {
    if (experts % groups !== 0)
      yield error(
        [
          at("n_group"),
          `groups must be equal: n_routed_experts ${experts} / n_group ${groups} leaves ${experts % groups}`,
        ],
        setTo(at("n_group"), nearestDivisors(experts, groups, experts).find((size) => size >= chosen) ?? experts),
      );
    if (chosen > groups)
      yield error(
        [at("topk_group"), `a token can't use more groups than exist: topk_group ${chosen} > n_group ${groups}`],
        setTo(at("topk_group"), nearestDivisors(perToken ?? groups, groups, 99).find((size) => size <= groups) ?? 1),
      );
  }
  if (perToken !== undefined && perToken % chosen !== 0 && (!groups || chosen <= groups))
    yield error(
      [
        at("topk_group"),
        `a token takes equally many experts from each of its groups: ` +
          `num_experts_per_tok ${perToken} / topk_group ${chosen} leaves ${perToken % chosen}`,
      ],
      setTo(at("topk_group"), nearestDivisors(perToken, chosen, 99).find((size) => !groups || size <= groups) ?? 1),
    );
}

function* expertCount({ mcore, model, modelNumber: of, modelPath: at }: RuleContext): Generator<RuleFinding> {
  const [experts, perToken] = [of("n_routed_experts"), of("num_experts_per_tok")];
  if (!mcore || model === undefined || experts === undefined) return;
  if (experts <= 0) {
    yield error(
      [at("n_routed_experts"), `expected at least one expert or no such key, found ${experts}`],
      setTo(at("n_routed_experts"), 8),
    );
    return;
  }
  if (perToken !== undefined && perToken > experts)
    yield error(
      [
        at("num_experts_per_tok"),
        `a token can't use more experts than exist: num_experts_per_tok ${perToken} > n_routed_experts ${experts}`,
      ],
      setTo(at("num_experts_per_tok"), experts),
    );
}

function layersWithExperts(context: RuleContext): readonly [string, string, Cure] | undefined {
  const { model, modelNumber: of, modelPath: at } = context;
  const frequency = model?.moe_layer_freq;
  const layers = of("num_hidden_layers");
  const dense = of("first_k_dense_replace") ?? 0;
  const path = `${modelPath}.moe_layer_freq`;
  if (layers === undefined || frequency === undefined || frequency === null) return undefined;
  if (typeof frequency === "number" && frequency > 1) {
    if (dense > 0)
      return [
        path,
        `moe_layer_freq ${frequency} and first_k_dense_replace ${dense} contradict each other`,
        setTo(path, 1),
      ];
    if (frequency > layers)
      return [
        path,
        `moe_layer_freq ${frequency} > num_hidden_layers ${layers}: no layer would have experts`,
        setTo(path, 1),
      ];
  }
  if (!Array.isArray(frequency) || dense > layers) return undefined;
  const expected = Array.from({ length: layers }, (_, layer) => (layer < dense ? 0 : 1));
  if (frequency.length !== layers)
    return [path, `one number per layer: expected ${layers}, found ${frequency.length}`, setTo(path, expected)];
  if (!frequency.every((value) => value === 0 || value === 1))
    return [path, "expected 0 (dense) or 1 (experts) for each layer", setTo(path, expected)];
  if (dense > 0 && frequency.join() !== expected.join())
    return [
      path,
      `${at("first_k_dense_replace").split(".").at(-1)} ${dense} says otherwise: expected ${expected.join(", ")}`,
      setTo(path, expected),
    ];
  return undefined;
}

function* expertLayers(context: RuleContext): Generator<RuleFinding> {
  const { mcore, model, modelNumber: of, modelPath: at } = context;
  if (!mcore || model === undefined) return;
  const [layers, dense] = [of("num_hidden_layers"), of("first_k_dense_replace")];
  if (layers !== undefined && dense !== undefined && dense > layers)
    yield error(
      [at("first_k_dense_replace"), `first_k_dense_replace ${dense} > num_hidden_layers ${layers}`],
      setTo(at("first_k_dense_replace"), Math.min(1, layers)),
    );
  const problem = layersWithExperts(context);
  if (problem !== undefined) yield error([problem[0], problem[1]], problem[2]);
}

function* router({ mcore, model, modelNumber: of, mesh, device }: RuleContext): Generator<RuleFinding> {
  if (!mcore || model === undefined) return;
  const score = model.moe_router_score_function ?? (model.model_type === "deepseek_v3" ? "sigmoid" : undefined);
  const biasPath = `${modelPath}.moe_router_enable_expert_bias`;
  if (model.moe_router_enable_expert_bias === true && score !== undefined && score !== "sigmoid")
    yield error(
      [biasPath, `balancing by a bias needs moe_router_score_function sigmoid, found ${String(score)}`],
      setTo(biasPath, false),
    );
  const perToken = of("num_experts_per_tok");
  const first = `${modelPath}.moe_router_pre_softmax`;
  if (perToken === 1 && score === "softmax" && model.moe_router_pre_softmax !== true)
    yield error(
      [first, "with one expert per token the softmax must come before the choice, else the router gets no gradient"],
      setTo(first, true),
    );
  const dispatcher = model.moe_token_dispatcher_type;
  const dispatcherPath = `${modelPath}.moe_token_dispatcher_type`;
  const perNode = model.npu_nums_per_device ?? 1;
  if (dispatcher === "alltoall_deredundency" && mesh.semiAuto && mesh.expertParallel < Number(perNode))
    yield error(
      [
        dispatcherPath,
        "alltoall_deredundency needs expert_parallel ≥ npu_nums_per_device: " +
          `${mesh.expertParallel} < ${String(perNode)}`,
      ],
      setTo(dispatcherPath, "alltoall"),
    );
  if (typeof dispatcher === "string" && dispatcher !== "alltoall" && device === "CPU")
    yield error(
      [dispatcherPath, `without a mesh only alltoall works, found ${dispatcher}`],
      setTo(dispatcherPath, "alltoall"),
    );
  const load = ["print_expert_load", "enable_expert_relocation"].find((name) => model[name] === true);
  if (load !== undefined && typeof dispatcher === "string" && dispatcher !== "alltoall")
    yield error(
      [`${modelPath}.${load}`, `${load} works with the dispatcher alltoall only, found ${dispatcher}`],
      setTo(`${modelPath}.${load}`, false),
    );
}

function* expertBias({ mcore, model, modelNumber: of }: RuleContext): Generator<RuleFinding> {
  if (!mcore || model?.add_bias_linear !== true || !((of("n_routed_experts") ?? 0) > 0)) return;
  const path = `${modelPath}.add_bias_linear`;
  yield error([path, "models with experts have no biases in linear layers"], setTo(path, false));
}

export const expertRules: readonly Rule[] = [
  {
    id: "expert-groups",
    about: "n_group divides the experts, topk_group ≤ n_group, topk_group divides num_experts_per_tok",
    engine: "refuses",
    cure: true,
    check: expertGroups,
  },
  {
    id: "expert-count",
    about: "at least one expert; a token uses no more experts than exist",
    engine: "fails later",
    cure: true,
    check: expertCount,
  },
  {
    id: "expert-layers",
    about: "first_k_dense_replace ≤ num_hidden_layers, and moe_layer_freq agrees with it",
    engine: "refuses",
    cure: true,
    check: expertLayers,
  },
  {
    id: "router",
    about: "the router's score, bias, and dispatcher fit each other",
    engine: "refuses",
    cure: true,
    check: router,
  },
  {
    id: "expert-bias",
    about: "models with experts have add_bias_linear False",
    engine: "refuses",
    cure: true,
    check: expertBias,
  },
];
