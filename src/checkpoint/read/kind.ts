/**
 * weight: the model; optimizer: AdamW's moments; state: counters and buffers that a resume needs, but not inference.
 */
export type TensorKind = "weight" | "optimizer" | "state";

const counters = new Set([
  "epoch_num",
  "step_num",
  "global_step",
  "global_batch_size",
  "loss_scale",
  "scale_sense",
  "learning_rate",
  "current_iterator_step",
  "last_overflow_iterator_step",
  "__exception_save__",
  // Values that MindFormers keeps as parameters of the training step: last losses, the request to stop.
  "aux_loss",
  "indexer_loss",
  "lm_loss",
  "mtp_loss",
  "graceful_exit",
  "graceful_init",
]);

/** Kind of a tensor by MindFormers' naming: `adam_m.`/`adam_v.` prefixes, names of counters, router buffers. */
export function kindOf(name: string): TensorKind {
  if (/^(adam_[mv]|moments?|moment[12]|accu_grads)\./.test(name)) return "optimizer";
  return counters.has(name) || /\.(fi_accu|expert_load)$/.test(name) ? "state" : "weight";
}
