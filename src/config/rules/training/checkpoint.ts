import { globalBatchOf, schedule } from "../../../model/layout/batch.js";
import { positive } from "../../../model/read-value.js";
import { dataLoaderPath } from "../../keys/data-path.js";
import { byHand, setTo, takeAway } from "../cure.js";
import { advice, error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";
import { newFormat } from "./run.js";

interface Monitor {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The callbacks of one type with their paths. */
export function callbacksOf({ get }: RuleContext, type: string): Monitor[] {
  const callbacks = get("callbacks");
  if (!Array.isArray(callbacks)) return [];
  return (callbacks as (Monitor["values"] | null)[]).flatMap((values, index) =>
    values?.type === type ? [{ path: `callbacks.${index}`, values }] : [],
  );
}

function* prefix(context: RuleContext): Generator<RuleFinding> {
  const written = callbacksOf(context, "CheckpointMonitor").map(
    ({ path, values }) => [`${path}.prefix`, values.prefix] as const,
  );
  for (const [path, value] of [...written, ["checkpoint.prefix", context.get("checkpoint.prefix")] as const])
    if (typeof value === "string" && value.includes("rank"))
      yield error(
        [path, `the prefix may not contain "rank", found ${value}`],
        setTo(path, value.replaceAll("rank", "r")),
      );
}

function* redundancy(context: RuleContext): Generator<RuleFinding> {
  for (const { path, values } of callbacksOf(context, "CheckpointMonitor"))
    if (values.remove_redundancy === true && values.checkpoint_format !== "safetensors")
      yield error(
        [
          `${path}.checkpoint_format`,
          `remove_redundancy needs safetensors, found ${String(values.checkpoint_format ?? "ckpt")}`,
        ],
        setTo(`${path}.checkpoint_format`, "safetensors"),
      );
  const { get } = context;
  if (get("remove_redundancy") === true && get("load_ckpt_format") !== "safetensors" && get("load_checkpoint"))
    yield error(
      [
        "load_ckpt_format",
        "checkpoints without redundancy are safetensors, " +
          `found load_ckpt_format ${String(get("load_ckpt_format") ?? "ckpt")}`,
      ],
      setTo("load_ckpt_format", "safetensors"),
    );
}

const sectionLimits = ["save_max", "save_interleaved_steps", "reshard_worker_num"];

function* limits(context: RuleContext): Generator<RuleFinding> {
  const places: [string, unknown][] = sectionLimits.map((name) => [
    `checkpoint.${name}`,
    context.get(`checkpoint.${name}`),
  ]);
  for (const { path, values } of callbacksOf(context, "CheckpointMonitor"))
    places.push(
      [`${path}.save_checkpoint_steps`, values.save_checkpoint_steps],
      [`${path}.keep_checkpoint_max`, values.keep_checkpoint_max],
    );
  for (const [path, value] of places)
    if (typeof value === "number" && value < 1)
      yield error([path, `expected at least 1, found ${value}`], setTo(path, path.endsWith("steps") ? 1000 : 1));
}

/** Optimizer steps of the run, if the number of samples is known. */
export function totalSteps({ get, facts }: RuleContext): { steps: number; arithmetic: string } | undefined {
  const samples = get(`${dataLoaderPath}.sizes.0`);
  if (typeof samples !== "number") return undefined;
  const { size } = globalBatchOf(get, facts.devices);
  const epochs = positive(get, "runner_config.epochs");
  const stop = get("runner_config.stop_step");
  const stopStep = typeof stop === "number" ? stop : 0;
  const { totalSteps: steps } = schedule({ samples, globalBatchSize: size, epochs, stopStep });
  const whole = `${samples} samples / global batch ${size}${epochs > 1 ? ` · ${epochs} epochs` : ""}`;
  return {
    steps,
    arithmetic: stopStep > 0 && steps === stopStep ? `stop_step ${stopStep}` : `${whole} = ${steps} steps`,
  };
}

function* interval(context: RuleContext): Generator<RuleFinding> {
  const run = totalSteps(context);
  const monitors = callbacksOf(context, "CheckpointMonitor");
  if (monitors.length === 0 && Array.isArray(context.get("callbacks")))
    yield advice(
      ["callbacks", "no CheckpointMonitor: the run saves nothing"],
      byHand(
        'add a callback { type: "CheckpointMonitor", save_checkpoint_steps: 1000, checkpoint_format: "safetensors" }',
      ),
    );
  if (run === undefined || run.steps < 1) return;
  const fresh = newFormat(context) ? "checkpoint.save_interleaved_steps" : undefined;
  for (const { path, values } of monitors) {
    const place = fresh !== undefined && context.get(fresh) !== undefined ? fresh : `${path}.save_checkpoint_steps`;
    const steps = place === fresh ? context.get(place) : values.save_checkpoint_steps;
    if (typeof steps !== "number" || steps <= run.steps) continue;
    const suggested = Math.max(1, Math.ceil(run.steps / 10));
    yield advice(
      [place, `the run saves only its end: every ${steps} steps, but the run has ${run.arithmetic}`],
      setTo(place, suggested),
    );
  }
}

/** What MindFormers saves in each layout, whatever the keys of the other layout say. */
function* content(context: RuleContext): Generator<RuleFinding> {
  const { get } = context;
  const iteration = newFormat(context);
  for (const { path, values } of callbacksOf(context, "CheckpointMonitor")) {
    if (!iteration && values.save_optimizer === false)
      yield warning(
        [`${path}.save_optimizer`, "has no effect: folders of ranks always hold the optimizer state"],
        takeAway(`${path}.save_optimizer`),
      );
    for (const name of ["save_network_params", "save_trainable_params"])
      if (iteration && values[name] === true)
        yield warning(
          [`${path}.${name}`, "has no effect: the 1.9 layout keeps weights and optimizer state in files of their own"],
          setTo(`${path}.${name}`, false),
        );
    if ((iteration || context.mcore) && values.checkpoint_format === "ckpt" && values.remove_redundancy !== true)
      yield warning(
        [`${path}.checkpoint_format`, "has no effect: MindFormers 1.9 writes this model as safetensors"],
        setTo(`${path}.checkpoint_format`, "safetensors"),
      );
    const weightsOnly = values.save_optimizer === false && get("checkpoint.no_save_optim") !== false;
    if (iteration && (weightsOnly || get("checkpoint.no_save_optim") === true))
      yield advice(
        [`${path}.save_optimizer`, "the optimizer state is not saved: training can't resume from these checkpoints"],
        byHand('config.saving({ content: "all" })'),
      );
  }
}

export const checkpointRules: readonly Rule[] = [
  {
    id: "checkpoint-prefix",
    about: 'the prefix of checkpoints does not contain "rank"',
    engine: "refuses",
    cure: true,
    check: prefix,
  },
  {
    id: "redundancy",
    about: "checkpoints without redundancy are safetensors",
    engine: "fails later",
    cure: true,
    check: redundancy,
  },
  {
    id: "checkpoint-limits",
    about: "intervals and numbers of checkpoints are at least 1",
    engine: "refuses",
    cure: true,
    check: limits,
  },
  {
    id: "saved-content",
    about: "a checkpoint's layout can hold its content",
    engine: "ignores",
    cure: true,
    check: content,
  },
  {
    id: "save-steps",
    about: "checkpoints are saved, and before the end of the run",
    engine: "accepts",
    cure: true,
    check: interval,
  },
];
