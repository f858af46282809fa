import { globalBatchOf } from "../../../model/layout/batch.js";
import { positive } from "../../../model/read-value.js";
import { dataLoaderPath } from "../../keys/data-path.js";
import { setAll, setTo, takeAway } from "../cure.js";
import { advice, error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";
import { totalSteps } from "./checkpoint.js";

const at = (name: string): string => `lr_schedule.${name}`;

/** Schedules that fall during the steps that they cover. */
const falling = ["CosineWithWarmUpLR", "LinearWithWarmUpLR", "CosineWithRestartsAndWarmUpLR", "PolynomialWithWarmUpLR"];
/** Schedules whose constructor has no default for the length of the warm-up. */
const needsWarmup = [
  "ConstantWarmUpLR",
  "LinearWithWarmUpLR",
  "CosineWithRestartsAndWarmUpLR",
  "PolynomialWithWarmUpLR",
  "ConstantWithCoolDownLR",
  "WarmUpStableDecayLR",
];

function* warmup(context: RuleContext): Generator<RuleFinding> {
  const { get } = context;
  const [steps, ratio, total] = [get(at("warmup_steps")), get(at("warmup_ratio")), get(at("total_steps"))];
  const run = totalSteps(context);
  const given = typeof total === "number" && total > 0;
  const covered = given ? total : run?.steps;
  const counts = ratio === undefined || ratio === null;
  if (typeof ratio === "number" && (ratio < 0 || ratio > 1))
    yield error([at("warmup_ratio"), `expected a share from 0 to 1, found ${ratio}`], setTo(at("warmup_ratio"), 0.02));
  if (typeof steps === "number" && steps < 0)
    yield error([at("warmup_steps"), `expected 0 or more, found ${steps}`], setTo(at("warmup_steps"), 0));
  if (typeof steps === "number" && typeof ratio === "number" && steps > 0)
    yield warning(
      [at("warmup_steps"), `warmup_steps ${steps} has no effect together with warmup_ratio ${ratio}`],
      takeAway(at("warmup_ratio"), "remove one of them"),
    );
  if (counts && typeof steps === "number" && covered !== undefined && covered > 0 && steps >= covered)
    yield warning(
      [
        at("warmup_steps"),
        `the rate rises during ${steps} steps, but the run has ${given ? covered : run?.arithmetic}`,
      ],
      setTo(at("warmup_steps"), Math.floor(covered / 50)),
    );
  if (counts && (steps === undefined || steps === null) && needsWarmup.includes(String(get(at("type")))))
    yield error(
      [at("warmup_steps"), `${String(get(at("type")))} needs warmup_steps or warmup_ratio`],
      setTo(at("warmup_steps"), 0),
    );
}

function* rates({ get }: RuleContext): Generator<RuleFinding> {
  const [rate, end, start] = [get(at("learning_rate")), get(at("lr_end")), get(at("warmup_lr_init"))];
  const type = String(get(at("type")));
  if (typeof rate !== "number") return;
  if (rate <= 0)
    yield error([at("learning_rate"), `expected a rate above 0, found ${rate}`], setTo(at("learning_rate"), 1e-4));
  else if (rate > 0.02)
    yield warning(
      [at("learning_rate"), `a rate of ${rate} is far above the usual 1e-5 to 1e-2 of language models`],
      setTo(at("learning_rate"), 1e-4),
    );
  if (typeof end === "number" && rate > 0) {
    const strict = ["PolynomialWithWarmUpLR", "WarmUpStableDecayLR"].includes(type);
    if (strict && end >= rate)
      yield error(
        [at("lr_end"), `${type} falls: lr_end ${end} must be below learning_rate ${rate}`],
        setTo(at("lr_end"), rate / 10),
      );
    else if (end > rate)
      yield warning(
        [at("lr_end"), `lr_end ${end} > learning_rate ${rate}: the rate would rise at the end`],
        setTo(at("lr_end"), rate / 10),
      );
    else if (end < 0) yield error([at("lr_end"), `expected 0 or more, found ${end}`], setTo(at("lr_end"), 0));
  }
  if (typeof start === "number" && start > rate && rate > 0)
    yield warning(
      [at("warmup_lr_init"), `the warm-up starts at ${start}, above learning_rate ${rate}`],
      setTo(at("warmup_lr_init"), 0),
    );
}

function* covered(context: RuleContext): Generator<RuleFinding> {
  const { get } = context;
  const total = get(at("total_steps"));
  const run = totalSteps(context);
  if (typeof total !== "number" || total === -1) return;
  if (total <= 0)
    yield error(
      [at("total_steps"), `expected a number of steps, or -1 for the whole run, found ${total}`],
      setTo(at("total_steps"), -1),
    );
  else if (run !== undefined && total < run.steps && falling.includes(String(get(at("type")))))
    yield warning(
      [at("total_steps"), `the rate reaches its end after ${total} steps, but the run has ${run.arithmetic}`],
      setTo(at("total_steps"), -1),
    );
}

function* sinks({ get, facts }: RuleContext): Generator<RuleFinding> {
  const path = "runner_config.sink_size";
  const size = get(path);
  if (typeof size !== "number" || (get("runner_config.sink_mode") ?? true) === false || size === 1) return;
  if (size <= 0 && size !== -1) {
    yield error([path, `expected a number of steps, or -1 for a whole epoch, found ${size}`], setTo(path, 1));
    return;
  }
  const samples = get(`${dataLoaderPath}.sizes.0`);
  const steps = typeof samples === "number" ? Math.floor(samples / globalBatchOf(get, facts.devices).size) : undefined;
  if (steps !== undefined && steps >= 1 && size > steps)
    yield warning(
      [path, `sink_size ${size} is more than the ${steps} steps of an epoch: no epoch would run`],
      setTo(path, 1),
    );
  else
    yield advice(
      [
        path,
        `with sink_size ${size} an "epoch" in the name of a checkpoint means ` +
          `${size === -1 ? "an epoch" : `${size} steps`}, and resuming may go wrong`,
      ],
      setTo(path, 1),
    );
}

function* sampleLimits({ get, megatron }: RuleContext): Generator<RuleFinding> {
  const stop = get("runner_config.stop_step");
  const samples = get(`${dataLoaderPath}.sizes.0`);
  if (!megatron || typeof stop !== "number" || typeof samples !== "number" || stop <= 0) return;
  const { size } = globalBatchOf(get);
  const epochs = positive(get, "runner_config.epochs");
  const all = Math.floor(samples / size) * epochs;
  if (stop > all && all > 0)
    yield warning(
      ["runner_config.stop_step", `stop_step ${stop} is never reached: the run has ${all} steps`],
      setAll([["runner_config.stop_step", 0]]),
    );
}

export const scheduleRules: readonly Rule[] = [
  {
    id: "warmup",
    about: "the warm-up is given once, as steps or as a share from 0 to 1, and ends within the run",
    engine: "refuses",
    cure: true,
    check: warmup,
  },
  {
    id: "learning-rate",
    about: "0 < learning_rate ≤ 0.02, lr_end and warmup_lr_init not above it",
    engine: "accepts",
    cure: true,
    check: rates,
  },
  {
    id: "schedule-length",
    about: "total_steps is -1 or covers the run",
    engine: "accepts",
    cure: true,
    check: covered,
  },
  {
    id: "sink-size",
    about: "sink_size is 1 (or -1, or at most the steps of an epoch)",
    engine: "refuses",
    cure: true,
    check: sinks,
  },
  {
    id: "stop-step",
    about: "stop_step is reached",
    engine: "ignores",
    cure: true,
    check: sampleLimits,
  },
];
