import type { Layout } from "./layout.js";

/**
 * Micro-batches whose activations one stage holds at the same time, in units of all its layers (blocks count as their
 * part). 1F1B: stage i of p holds min(m, p − i). Interleaved (v blocks): min(m·v, 2·(p − i − 1) + (v − 1)·p + 1) blocks
 * (Megatron-LM's warm-up, which MindSpore's interleaved schedule follows). gpipe: all m. zero_bubble_v: p on every
 * stage, the two blocks of a stage being a V. The seq… schedulers with seq_split_num 1 (the only value that
 * MindFormers' current models accept) order micro-batches as interleaved 1F1B does.
 */
export function inFlight(
  {
    pipelineStages,
    microBatches,
    interleave,
    schedule,
  }: Pick<Layout, "pipelineStages" | "microBatches" | "interleave" | "schedule">,
  stage: number,
): number {
  if (pipelineStages <= 1) return 1;
  if (schedule === "gpipe") return microBatches;
  if (schedule === "zero_bubble_v") return Math.min(microBatches, pipelineStages);
  const behind = pipelineStages - stage;
  if (interleave <= 1) return Math.min(microBatches, behind);
  return Math.min(microBatches * interleave, 2 * (behind - 1) + (interleave - 1) * pipelineStages + 1) / interleave;
}

/**
 * Share of a step in which a device waits for others: (p − 1) / (v·m + p − 1); the formula of MindFormers' performance
 * guide. zero_bubble_v: at most a third of 1F1B's waiting, what the zero-bubble paper gives for its memory-neutral
 * schedule and passes of equal length.
 */
export function bubbleShare({
  pipelineStages,
  microBatches,
  interleave,
  schedule,
}: Pick<Layout, "pipelineStages" | "microBatches" | "interleave" | "schedule">): number {
  const waiting = pipelineStages - 1;
  const parts = schedule === "zero_bubble_v" ? 3 : interleave;
  return waiting / (parts * microBatches + waiting);
}
