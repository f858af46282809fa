import { patternOf } from "../../core/patterns.js";
/**
 * `allowed`: changes nothing that was learned. `suspicious`: the training goes on as another one. `forbidden`: the
 * weights do not fit.
 */
export type DifferenceGrade = "allowed" | "suspicious" | "forbidden";

export interface ConfigDifference {
  readonly path: string;
  readonly was: unknown;
  readonly now: unknown;
}

export interface GradedDifference extends ConfigDifference {
  readonly grade: DifferenceGrade;
  readonly why: string;
}

interface GradeRule {
  readonly pattern: RegExp;
  readonly grade: DifferenceGrade;
  readonly why: string;
}

/** The first rule that matches a path grades it; MindFormers' own spelling of the paths. */
const rules: readonly GradeRule[] = [
  {
    pattern: /^(output_dir|load_checkpoint|resume_training|run_name|auto_trans_ckpt|src_strategy_path_or_dir)\b/,
    grade: "allowed",
    why: "the resume itself sets it",
  },
  {
    pattern: /^(callbacks|monitor_config|tensorboard|profile|checkpoint)\b/,
    grade: "allowed",
    why: "it only observes or saves",
  },
  {
    pattern: /^runner_config\.(epochs|stop_step|sink_size|sink_mode)$/,
    grade: "allowed",
    why: "it only moves the end",
  },
  { pattern: /data_loader\.sizes\b/, grade: "allowed", why: "it only moves the end" },
  {
    pattern: /^(context|use_parallel|train_precision_sync|infer_precision_sync|parallel\.)/,
    grade: "allowed",
    why: "how the work is done, not what the model learns",
  },
  { pattern: /^recompute_config\b/, grade: "allowed", why: "memory, not numbers" },
  { pattern: /^lr_schedule\b/, grade: "suspicious", why: "the learning rate follows another curve" },
  { pattern: /^optimizer\.type$/, grade: "forbidden", why: "the saved optimizer state belongs to another optimizer" },
  { pattern: /^optimizer\b/, grade: "suspicious", why: "the optimizer continues with other settings" },
  { pattern: /^seed$/, grade: "suspicious", why: "dropout and shuffling draw other numbers" },
  {
    pattern: /^(train_dataset|train_dataset_task)\b/,
    grade: "suspicious",
    why: "the data or its order may be another",
  },
  {
    pattern: /^runner_config\.(batch_size|gradient_accumulation_steps)$/,
    grade: "suspicious",
    why: "the global batch changes",
  },
  { pattern: /^runner_wrapper\b/, grade: "suspicious", why: "gradients are scaled or clipped differently" },
  {
    pattern: patternOf([
      /^model\.model_config\./,
      /(seq_length|max_position_embeddings|use_flash_attention|.*dropout.*|.*checkpoint.*|.*_std)$/,
    ]),
    grade: "suspicious",
    why: "the same weights compute something else",
  },
  {
    pattern: /^model\.(model_config|arch)\b/,
    grade: "forbidden",
    why: "the model has other tensors or another meaning for them",
  },
  {
    pattern: /^parallel_config\b/,
    grade: "suspicious",
    why: "the layout changes: the ranks' files must be resharded",
  },
];

/** Grades every difference; what no rule knows is suspicious. */
export function gradeDifferences(differences: readonly ConfigDifference[]): readonly GradedDifference[] {
  return differences.map((difference) => {
    const rule = rules.find(({ pattern }) => pattern.test(difference.path));
    return {
      ...difference,
      grade: rule?.grade ?? "suspicious",
      why: rule?.why ?? "its effect on a resume is unknown",
    };
  });
}
