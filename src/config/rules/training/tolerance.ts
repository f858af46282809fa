import { byHand, setAll, setTo } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";
import { callbacksOf } from "./checkpoint.js";

/** Options of MS_ENABLE_TFT. */
export const toleranceNames = ["TTP", "UCE", "HCCE", "ARF", "TRE", "TSP"] as const;

type Option = (typeof toleranceNames)[number];

/** Options that repair or save from a living replica of the same values. */
const needsReplica: readonly Option[] = ["TTP", "UCE", "ARF"];
/** Options that MindFormers refuses with a sink_size other than 1. */
const needsSink: readonly Option[] = ["TTP", "UCE", "HCCE", "ARF"];

/** Options of MS_ENABLE_TFT: MindFormers looks for `NAME:1` anywhere in it. */
export function toleranceOptions(text: string | undefined): readonly Option[] {
  return toleranceNames.filter((name) => text?.includes(`${name}:1`) === true);
}

function enabled({ facts }: RuleContext): readonly Option[] {
  return toleranceOptions(facts.environment?.MS_ENABLE_TFT);
}

const listed = (names: readonly string[]): string => names.join(", ");
const needs = (names: readonly string[]): string => `${names.join(", ")} ${names.length === 1 ? "needs" : "need"}`;

function* platform(context: RuleContext): Generator<RuleFinding> {
  const options = enabled(context);
  if (options.length === 0) return;
  if (context.device !== "Ascend") {
    yield error(
      ["context.device_target", `fault tolerance (${listed(options)}) works on Ascend only`],
      byHand("leave MS_ENABLE_TFT unset; launchRun(plan, { name, recovery: { retries: 3 } }) restarts a failed run"),
    );
    return;
  }
  const mode = context.get("context.mode");
  if (mode === 1 || mode === "PYNATIVE_MODE")
    yield error(
      ["context.mode", `fault tolerance (${listed(options)}) works with compiled graphs only`],
      setTo("context.mode", 0),
    );
}

function* sink(context: RuleContext): Generator<RuleFinding> {
  const options = enabled(context).filter((name) => needsSink.includes(name));
  const size = context.get("runner_config.sink_size") ?? 1;
  if (options.length > 0 && size !== 1)
    yield error(
      ["runner_config.sink_size", `${needs(options)} sink_size 1, found ${String(size)}`],
      setTo("runner_config.sink_size", 1),
    );
}

const newMonitor = {
  type: "CheckpointMonitor",
  prefix: "checkpoint",
  save_checkpoint_steps: 1000,
  keep_checkpoint_max: 5,
  integrated_save: false,
  checkpoint_format: "safetensors",
};

function* monitor(context: RuleContext): Generator<RuleFinding> {
  const options = enabled(context);
  if (options.length === 0) return;
  const monitors = callbacksOf(context, "CheckpointMonitor");
  const callbacks = context.get("callbacks");
  if (monitors.length === 0)
    yield error(
      [
        "callbacks",
        `fault tolerance (${listed(options)}) saves through CheckpointMonitor, which is not among the callbacks`,
      ],
      Array.isArray(callbacks) && callbacks.length > 0
        ? setTo(`callbacks.${callbacks.length}`, newMonitor)
        : setTo("callbacks", [newMonitor]),
    );
  for (const { path, values } of monitors)
    if (values.async_save === true)
      yield warning(
        [`${path}.async_save`, `with ${listed(options)} MindFormers saves synchronously: async_save has no effect`],
        setTo(`${path}.async_save`, false),
      );
}

const shardPath = "parallel.parallel_optimizer_config.optimizer_weight_shard_size";

function* replica(context: RuleContext): Generator<RuleFinding> {
  const { get, mesh } = context;
  const options = enabled(context).filter((name) => needsReplica.includes(name));
  if (options.length === 0 || !mesh.semiAuto) return;
  const data = mesh.dataParallel;
  if (get("parallel.enable_parallel_optimizer") === true) {
    const written = get(shardPath);
    const shard = typeof written === "number" && written > 0 ? Math.min(written, data) : data;
    if (data / shard >= 2) return;
    const asWritten = written === shard ? "" : ` (${String(written ?? -1)})`;
    const message =
      `${needs(options)} the optimizer state twice: expected 2 copies or more, ` +
      `found data_parallel ${data} / optimizer_weight_shard_size ${shard}${asWritten} = ${data / shard}`;
    if (data >= 2 && data % 2 === 0) yield error([shardPath, message], setTo(shardPath, data / 2));
    else yield error([shardPath, message], byHand(`raise parallel_config.data_parallel to ${2 * data}`));
    return;
  }
  if (data >= 2 && data % 2 === 0) return;
  const path = "parallel_config.data_parallel";
  const message = `${needs(options)} every value twice: an even data_parallel of at least 2, found ${data}`;
  const tensor = mesh.tensorParallel;
  if (data === 1 && tensor % 2 === 0)
    yield error(
      [path, message],
      setAll([
        [path, 2],
        ["parallel_config.model_parallel", tensor / 2],
        ...(tensor === 2 ? ([["parallel_config.use_seq_parallel", false]] as const) : []),
      ]),
    );
  else yield error([path, message], byHand(`an even data_parallel, such as ${data + 1}, and as many devices`));
}

function* controller(context: RuleContext): Generator<RuleFinding> {
  const options = enabled(context).filter((name) => name !== "TRE");
  const { environment = {} } = context.facts;
  if (options.length === 0 || context.device !== "Ascend") return;
  const missing = ["MINDIO_FOR_MINDSPORE", "MS_TFT_IP", "MS_TFT_PORT"].filter((name) => !environment[name]);
  if (missing.length > 0)
    yield error(
      [
        "environment",
        `${needs(options)} the variables MINDIO_FOR_MINDSPORE=1, MS_TFT_IP and MS_TFT_PORT; ` +
          `missing: ${listed(missing)}`,
      ],
      byHand('leave MS_ENABLE_TFT unset and let the plan set all four: planRun(config, { tolerance: ["TTP"] })'),
    );
}

export const toleranceRules: readonly Rule[] = [
  {
    id: "tolerance-platform",
    about: "MS_ENABLE_TFT: Ascend and compiled graphs only",
    engine: "fails later",
    cure: true,
    check: platform,
  },
  {
    id: "tolerance-sink",
    about: "TTP, UCE, HCCE, and ARF need sink_size 1",
    engine: "refuses",
    cure: true,
    check: sink,
  },
  {
    id: "tolerance-monitor",
    about: "fault tolerance needs a CheckpointMonitor, which saves synchronously",
    engine: "refuses",
    cure: true,
    check: monitor,
  },
  {
    id: "tolerance-replica",
    about:
      "TTP, UCE, and ARF need a replica: even data_parallel ≥ 2, or data_parallel / optimizer_weight_shard_size ≥ 2",
    engine: "fails later",
    cure: true,
    check: replica,
  },
  {
    id: "tolerance-controller",
    about: "all options but TRE need MindIO and the controller's address and port",
    engine: "fails later",
    cure: false,
    check: controller,
  },
];
