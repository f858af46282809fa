import { byHand, oneOf, setTo, takeAway } from "../cure.js";
import { error } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

/** True if checkpoints have the format of 1.9: a section `checkpoint`, or `use_legacy_format: False`. */
export function newFormat({ get }: RuleContext): boolean {
  const section = get("checkpoint");
  const filled = typeof section === "object" && section !== null && Object.keys(section).length > 0;
  return filled || get("use_legacy_format") === false;
}

/** MindFormers turns resuming off without a word if there is nothing to load, and starts from random weights. */
function* resume(context: RuleContext): Generator<RuleFinding> {
  const { get, facts } = context;
  const wanted = get("resume_training");
  if (wanted === undefined || wanted === null || wanted === false || wanted === "") return;
  const path = get("load_checkpoint") || get("checkpoint.load_path");
  const off = setTo("resume_training", false);
  if (!path)
    yield error(
      [
        "load_checkpoint",
        "resume_training is on but load_checkpoint is empty: MindFormers would start from random weights",
      ],
      {
        ...off,
        hint: 'config.set("load_checkpoint", "<run>/output/checkpoint"), or config.set("resume_training", false)',
      },
    );
  else if (facts.checkpoint === "empty")
    yield error(
      [
        "load_checkpoint",
        `resume_training is on but the folder ${String(path)} is empty: ` +
          "MindFormers would start from random weights",
      ],
      {
        ...off,
        hint: 'openCheckpoints("<run>/output/checkpoint") shows what there is; or config.set("resume_training", false)',
      },
    );
  if (typeof wanted === "string" && newFormat(context))
    yield error(
      ["resume_training", `checkpoints of the new format are resumed with True, not with a file's name (${wanted})`],
      setTo("resume_training", true),
    );
}

function* loadCheckpoint({ get, facts }: RuleContext): Generator<RuleFinding> {
  const path = get("load_checkpoint") || get("checkpoint.load_path");
  if (path && facts.checkpoint === "missing")
    yield error(["load_checkpoint", `not found: ${String(path)}`], {
      ...setTo("load_checkpoint", ""),
      hint: 'correct the path, or config.set("load_checkpoint", "") to start from random weights',
    });
  const others = get("pretrained_model_dir") || get("model.model_config.checkpoint_name_or_path");
  if (get("auto_trans_ckpt") === true && !path && !others)
    yield error(
      ["auto_trans_ckpt", "auto_trans_ckpt reshards a checkpoint, but load_checkpoint is empty"],
      setTo("auto_trans_ckpt", false),
    );
}

function* strategyOnly(context: RuleContext): Generator<RuleFinding> {
  if (context.get("only_save_strategy") === true && newFormat(context))
    yield error(
      ["only_save_strategy", "only_save_strategy belongs to the old checkpoint format"],
      setTo("only_save_strategy", false),
    );
}

/** Nesting that MindFormers accepts. */
const deepest = 10;

function* depth({ get }: RuleContext): Generator<RuleFinding> {
  const visit = (value: unknown, level: number): number =>
    typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Date
      ? level
      : Math.max(level + 1, ...Object.values(value).map((item) => visit(item, level + 1)));
  const found = visit(get(""), 0);
  if (found > deepest)
    yield error(
      ["", `sections are nested ${found} deep, MindFormers reads at most ${deepest}`],
      byHand("flatten the deepest section"),
    );
}

function* monitors({ get, mcore, model }: RuleContext): Generator<RuleFinding> {
  const skip = get("use_skip_data_by_global_norm") === true;
  const check = get("monitor_config.check_for_global_norm") === true;
  const health = get("monitor_config.health_checkpoint.global_norm_spike_threshold");
  if (skip && (check || (typeof health === "number" && health > 0))) {
    const reload = check ? "check_for_global_norm" : "health_checkpoint.global_norm_spike_threshold";
    yield error(
      [
        "use_skip_data_by_global_norm",
        "at a spike of the gradient norm, use_skip_data_by_global_norm skips the batch " +
          `and ${reload} reloads a checkpoint: only one of them can be on`,
      ],
      setTo("use_skip_data_by_global_norm", false),
    );
  }
  const watched = get("use_checkpoint_health_monitor") === true;
  if (watched && get("runner_wrapper.local_norm") !== true)
    yield error(
      [
        "runner_wrapper.local_norm",
        "use_checkpoint_health_monitor reads the local norm of the embedding: local_norm must be True",
      ],
      setTo("runner_wrapper.local_norm", true),
    );
  const missing = ["hidden_size", "vocab_size"].find((name) => model !== undefined && model[name] === undefined);
  if (watched && missing !== undefined && !mcore)
    yield error(
      [`model.model_config.${missing}`, `use_checkpoint_health_monitor needs ${missing} in model_config`],
      oneOf([setTo("use_checkpoint_health_monitor", false), takeAway("use_checkpoint_health_monitor")]),
    );
}

export const runRules: readonly Rule[] = [
  {
    id: "resume",
    about: "resume_training has a checkpoint to continue from",
    engine: "ignores",
    cure: true,
    check: resume,
  },
  {
    id: "load-checkpoint",
    about: "load_checkpoint exists, and auto_trans_ckpt has one to reshard",
    engine: "refuses",
    cure: true,
    check: loadCheckpoint,
  },
  {
    id: "strategy-only",
    about: "only_save_strategy is for the old checkpoint format",
    engine: "refuses",
    cure: true,
    check: strategyOnly,
  },
  {
    id: "norm-monitor",
    about: "one reaction to a spike of the gradient norm; the health monitor has local_norm",
    engine: "fails later",
    cure: true,
    check: monitors,
  },
  {
    id: "depth",
    about: "sections are nested at most 10 deep",
    engine: "refuses",
    cure: false,
    check: depth,
  },
];
