import { globalBatchOf } from "../batch.js";
import { dataLoaderPath, positive } from "../settings.js";
import { setLine } from "./arithmetic.js";
import type { Rule, RuleContext, RuleFinding } from "./rule.js";

const runModes = ["train", "finetune", "eval", "predict", "predict_with_train_model"];

function* runMode({ get }: RuleContext): Generator<RuleFinding> {
  const mode = get("run_mode");
  if (typeof mode === "string" && runModes.includes(mode)) return;
  yield {
    severity: "error",
    path: "run_mode",
    message: `expected one of ${runModes.join(", ")}, found ${mode === undefined ? "nothing" : String(mode)}`,
    hint: setLine("run_mode", "train"),
  };
}

/** MindFormers turns resuming off without a word if there is nothing to load, and starts from random weights. */
function* resume({ get }: RuleContext): Generator<RuleFinding> {
  const wanted = get("resume_training");
  if (
    wanted === undefined ||
    wanted === null ||
    wanted === false ||
    wanted === "" ||
    get("load_checkpoint") ||
    get("checkpoint.load_path")
  )
    return;
  yield {
    severity: "error",
    path: "load_checkpoint",
    message: "resume_training is on but load_checkpoint is empty: MindFormers would start anew from random weights",
    hint: 'config.set("load_checkpoint", "<run>/output/checkpoint"), or config.set("resume_training", false)',
  };
}

function* checkpoints({ get }: RuleContext): Generator<RuleFinding> {
  const callbacks = get("callbacks");
  if (!Array.isArray(callbacks)) return;
  for (const [index, callback] of (callbacks as Record<string, unknown>[]).entries()) {
    if (callback?.type !== "CheckpointMonitor") continue;
    const path = `callbacks.${index}`;
    const { prefix, remove_redundancy: redundancy, checkpoint_format: format } = callback;
    if (typeof prefix === "string" && prefix.includes("rank"))
      yield {
        severity: "error",
        path: `${path}.prefix`,
        message: `the prefix may not contain "rank", found ${prefix}`,
        hint: setLine(`${path}.prefix`, prefix.replaceAll("rank", "r")),
      };
    if (redundancy === true && format !== "safetensors")
      yield {
        severity: "error",
        path: `${path}.checkpoint_format`,
        message: `remove_redundancy needs safetensors, found ${String(format ?? "ckpt")}`,
        hint: setLine(`${path}.checkpoint_format`, "safetensors"),
      };
  }
}

function* stepPlan(context: RuleContext): Generator<RuleFinding> {
  const { get, facts } = context;
  const samples = get(`${dataLoaderPath}.sizes.0`);
  if (typeof samples !== "number") return;
  const { size } = globalBatchOf(get, facts.devices);
  const epochs = positive(get, "runner_config.epochs");
  const steps = Math.floor(samples / size) * epochs;
  const warmup = get("lr_schedule.warmup_steps");
  const total = get("lr_schedule.total_steps");
  const covered = typeof total === "number" && total > 0 ? total : steps;
  if (typeof warmup === "number" && steps > 0 && warmup >= covered)
    yield {
      severity: "warning",
      path: "lr_schedule.warmup_steps",
      message: `the rate rises during ${warmup} steps, but the run has ${covered}`,
      hint: setLine("lr_schedule.warmup_steps", Math.floor(covered / 50)),
    };
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
    yield {
      severity: "error",
      path: "",
      message: `sections lie ${found} deep, MindFormers reads at most ${deepest}`,
      hint: "flatten the deepest section",
    };
}

export const runRules: readonly Rule[] = [
  { id: "run-mode", check: runMode },
  { id: "resume", check: resume },
  { id: "checkpoints", check: checkpoints },
  { id: "warmup", check: stepPlan },
  { id: "depth", check: depth },
];
