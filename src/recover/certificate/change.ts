/** What decides how far a training is: the optimizer steps and the samples of each. */
export interface TrainingPosition {
  readonly workers: number;
  /** Samples of one optimizer step. */
  readonly globalBatch: number;
}

export interface WorkedOutChange {
  /** MindFormers' own factor: saved global batch ÷ new global batch. */
  readonly stepScale: number;
  /** Samples that were trained on. */
  readonly consumed: number;
  /** First step of the resumed training minus one, in steps of the new size. */
  readonly initialStep: number;
  /** Samples that would be seen twice because MindFormers rounds down; 0 if every sample is seen exactly once. */
  readonly seenTwice: number;
  /** The arithmetic in one line. */
  readonly arithmetic: string;
  /** Saved steps from which the change is exact: multiples of this. */
  readonly exactEvery: number;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * Where a training goes on after its global batch changed. A step reads consecutive samples (step · batch and the
 * following ones), whatever the number of workers, so the samples that were trained on are the first `step · batch`.
 * MindFormers counts `int(step · scale)`.
 */
export function workOutChange(step: number, saved: TrainingPosition, wanted: TrainingPosition): WorkedOutChange {
  const consumed = step * saved.globalBatch;
  const initialStep = Math.floor(consumed / wanted.globalBatch);
  const seenTwice = consumed - initialStep * wanted.globalBatch;
  const rest = seenTwice === 0 ? "no sample repeated or skipped" : `rest ${seenTwice}`;
  return {
    stepScale: saved.globalBatch / wanted.globalBatch,
    consumed,
    initialStep,
    seenTwice,
    arithmetic:
      `${step} steps × ${saved.globalBatch} samples = ${consumed} = ` +
      `${initialStep} steps × ${wanted.globalBatch} samples, ${rest}`,
    exactEvery: wanted.globalBatch / greatestDivisor(wanted.globalBatch, saved.globalBatch),
  };
}

/**
 * The batch size per worker that keeps the global batch with another number of workers; undefined if it does not
 * divide. Global batch = batch size · workers · accumulation.
 */
export function batchSizeFor(
  globalBatch: number,
  wanted: { readonly workers: number; readonly accumulation: number },
): number | undefined {
  const size = globalBatch / (wanted.workers * wanted.accumulation);
  return Number.isInteger(size) && size >= 1 ? size : undefined;
}

export interface LayoutFacts {
  readonly workers: number;
  readonly tensorParallel: number;
  readonly pipelineStages: number;
  /** Each rank holds its own part of the optimizer state. */
  readonly optimizerSharded: boolean;
}

/**
 * From which saved rank each new rank takes its file, or why no file fits. Ranks of pure data parallelism hold the
 * same values; with any other split the tensors have to be cut anew.
 */
export function filesForRanks(
  saved: LayoutFacts,
  workers: number,
): { readonly from: readonly number[] } | { readonly reason: string } {
  const identity = Array.from({ length: workers }, (_, rank) => rank);
  if (saved.workers === workers) return { from: identity };
  const splits = [
    saved.tensorParallel > 1 ? `tensors over ${saved.tensorParallel} ranks` : "",
    saved.pipelineStages > 1 ? `layers over ${saved.pipelineStages} stages` : "",
    saved.optimizerSharded ? `the optimizer state over ${saved.workers} ranks` : "",
  ].filter(Boolean);
  if (splits.length > 0)
    return {
      reason: `the checkpoint splits ${splits.join(" and ")}; its files cannot serve ${workers} ranks as they are`,
    };
  return { from: identity.map((rank) => rank % saved.workers) };
}
