import { setTo } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

/** Lists of recompute_config have one number per stage. */
function* recomputeLists({ get, mesh, mcore }: RuleContext): Generator<RuleFinding> {
  const stages = mesh.pipelineStages;
  for (const name of ["recompute", "select_recompute", "select_comm_recompute"]) {
    const path = `recompute_config.${name}`;
    const value = get(path);
    const swap = get("swap_config.swap") === true;
    if (!Array.isArray(value) || swap || value.length <= stages || !value.every(Number.isInteger)) continue;
    const message =
      `${name} has one number per stage: ` + `expected at most pipeline_stage ${stages}, found ${value.length}`;
    yield error([path, message], setTo(path, stages === 1 ? true : value.slice(0, stages)));
  }
  if (get("recompute_config.recompute_slice_activation") === true && mcore)
    yield error(
      [
        "recompute_config.recompute_slice_activation",
        "models with use_legacy False can't slice recomputed activations",
      ],
      setTo("recompute_config.recompute_slice_activation", false),
    );
}

function* swap({ get }: RuleContext): Generator<RuleFinding> {
  if (get("swap_config.swap") !== true) return;
  const prefetch = get("swap_config.default_prefetch");
  if (typeof prefetch === "number" && prefetch < 1)
    yield error(
      ["swap_config.default_prefetch", `expected at least 1, found ${prefetch}`],
      setTo("swap_config.default_prefetch", 1),
    );
  const level = get("context.memory_optimize_level");
  if (level !== undefined && level !== "O0")
    yield error(
      ["context.memory_optimize_level", `swap_config.swap needs memory_optimize_level O0, found ${String(level)}`],
      setTo("context.memory_optimize_level", "O0"),
    );
  if (get("recompute_config.recompute") === true)
    yield warning(
      ["swap_config.swap", "with recompute True nothing is left to move to host memory: the swap has no effect"],
      setTo("swap_config.swap", false),
    );
}

export const recomputeRules: readonly Rule[] = [
  {
    id: "recompute",
    about:
      "lists of recompute_config are not longer than pipeline_stage; mcore models don't slice recomputed activations",
    engine: "refuses",
    cure: true,
    check: recomputeLists,
  },
  {
    id: "swap",
    about: "swap_config needs memory_optimize_level O0, default_prefetch ≥ 1, and no full recompute",
    engine: "refuses",
    cure: true,
    check: swap,
  },
];
