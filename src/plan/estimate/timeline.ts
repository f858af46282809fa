/** The order in which a pipeline stage processes its micro-batches. */
export type PipelineOrder = "1f1b" | "gpipe" | "interleaved";

export interface PipelineSettings {
  readonly order: PipelineOrder;
  readonly stages: number;
  readonly microBatches: number;
  /** Blocks of layers per stage (`pp_interleave_num`); more than 1 only with "interleaved". */
  readonly blocks: number;
  /** Time of one micro-batch's forward pass through a block, `[block][stage]`, in any unit. */
  readonly forward: readonly (readonly number[])[];
  /** Backward time in multiples of the forward time: 2, or 3 where the whole forward pass is recomputed. */
  readonly backwardFactor: number;
}

/** One piece of work of one stage. */
export interface PipelineTask {
  readonly stage: number;
  readonly block: number;
  readonly microBatch: number;
  readonly kind: "forward" | "backward";
  readonly start: number;
  readonly end: number;
}

export interface PipelineTimeline {
  /** By stage, in the order of time. */
  readonly tasks: readonly (readonly PipelineTask[])[];
  /** Time from the first task's start to the last one's end. */
  readonly length: number;
  /** Share of the stages' time in which they wait: 1 − work / (stages · length). */
  readonly bubble: number;
}

interface Step {
  readonly kind: "forward" | "backward";
  readonly block: number;
  readonly microBatch: number;
}

/**
 * Micro-batches in groups of as many as there are stages, each group through all blocks before the next one (as
 * Megatron-LM orders them).
 */
function interleavedOrder(settings: PipelineSettings, kind: Step["kind"]): Step[] {
  const { stages, microBatches, blocks } = settings;
  const steps: Step[] = [];
  for (let first = 0; first < microBatches; first += stages)
    for (let index = 0; index < blocks; index++)
      for (let microBatch = first; microBatch < Math.min(first + stages, microBatches); microBatch++)
        steps.push({ kind, block: kind === "forward" ? index : blocks - 1 - index, microBatch });
  return steps;
}

/**
 * The work of one stage in its order: some forward passes to fill the pipeline, then one forward and one backward in
 * turn, then the rest.
 */
export function stageOrder(settings: PipelineSettings, stage: number): Step[] {
  const { order, stages, blocks } = settings;
  const forwards = interleavedOrder(settings, "forward");
  const backwards = interleavedOrder(settings, "backward");
  const ahead = stages - stage - 1;
  const wanted = { gpipe: forwards.length, "1f1b": ahead, interleaved: 2 * ahead + (blocks - 1) * stages }[order];
  const warmUp = Math.min(order === "interleaved" && blocks === 1 ? ahead : wanted, forwards.length);
  const steps = forwards.slice(0, warmUp);
  for (let index = warmUp; index < forwards.length; index++)
    steps.push(forwards[index] as Step, backwards[index - warmUp] as Step);
  return [...steps, ...backwards.slice(forwards.length - warmUp)];
}

/** Ends of finished tasks: `[kind][virtual stage · microBatches + microBatch]`; NaN while not finished. */
class Ends {
  readonly #forward: Float64Array;
  readonly #backward: Float64Array;
  readonly #stages: number;
  readonly #blocks: number;
  readonly #microBatches: number;

  constructor({ stages, blocks, microBatches }: PipelineSettings) {
    this.#forward = new Float64Array(stages * blocks * microBatches).fill(Number.NaN);
    this.#backward = new Float64Array(stages * blocks * microBatches).fill(Number.NaN);
    [this.#stages, this.#blocks, this.#microBatches] = [stages, blocks, microBatches];
  }

  #index(position: number, microBatch: number): number {
    return position * this.#microBatches + microBatch;
  }

  /** When what a task needs is there: NaN if not yet. */
  ready(step: Step, stage: number): number {
    const position = step.block * this.#stages + stage;
    if (step.kind === "forward")
      return position === 0 ? 0 : (this.#forward[this.#index(position - 1, step.microBatch)] as number);
    const last = position === this.#stages * this.#blocks - 1;
    const from = last ? this.#forward : this.#backward;
    return from[this.#index(last ? position : position + 1, step.microBatch)] as number;
  }

  set(step: Step, stage: number, end: number): void {
    const index = this.#index(step.block * this.#stages + stage, step.microBatch);
    (step.kind === "forward" ? this.#forward : this.#backward)[index] = end;
  }
}

/**
 * When every stage works on which micro-batch in one optimizer step. Each task begins when its stage is free and its
 * input is there; sending activations takes no time. With equal stages the bubble is (p − 1)/(m + p − 1), interleaved
 * (p − 1)/(v·m + p − 1). Undefined if the order can't be carried out (a stage would wait for ever).
 */
export function pipelineTimeline(settings: PipelineSettings): PipelineTimeline | undefined {
  const { stages } = settings;
  const orders = Array.from({ length: stages }, (_, stage) => stageOrder(settings, stage));
  const tasks: PipelineTask[][] = orders.map(() => []);
  const ends = new Ends(settings);
  const free = new Float64Array(stages);
  let left = orders.reduce((sum, order) => sum + order.length, 0);
  while (left > 0) {
    const before = left;
    for (let stage = 0; stage < stages; stage++) {
      const order = orders[stage] as Step[];
      const done = tasks[stage] as PipelineTask[];
      for (let step = order[done.length]; step !== undefined; step = order[done.length]) {
        const ready = ends.ready(step, stage);
        if (Number.isNaN(ready)) break;
        const forward = settings.forward[step.block]?.[stage] ?? 1;
        const start = Math.max(ready, free[stage] as number);
        const end = start + (step.kind === "forward" ? forward : forward * settings.backwardFactor);
        done.push({ ...step, stage, start, end });
        free[stage] = end;
        ends.set(step, stage, end);
        left -= 1;
      }
    }
    if (left === before) return undefined;
  }
  const length = Math.max(...free);
  const work = tasks.flat().reduce((sum, { start, end }) => sum + end - start, 0);
  return { tasks, length, bubble: length === 0 ? 0 : 1 - work / (stages * length) };
}
