import type { LineSeries } from "../../../view/charts/kinds/curve.js";
import { type BuiltPart, takenOf } from "../../gpt-index/built-part.js";
import { type BatchLayout, stepOfSample } from "./batch-layout.js";
import { SourceEpochs, type SourceUse } from "./source-epochs.js";
import { shortPrefix } from "./training-sample.js";

const points = 200;

/** What one pass over the samples of an epoch of the run finds out. */
interface Pass {
  /** Samples of each dataset in one epoch of the run. */
  readonly taken: readonly number[];
  /** Number of the sample with which each dataset has given `marks[d]` samples; undefined if it never does. */
  readonly marked: readonly (number | undefined)[];
  /** Samples so far, and how many of them each dataset gave. */
  readonly curve: readonly { readonly samples: number; readonly taken: readonly number[] }[];
}

/** Counts what each dataset gives in a run of `steps` steps per epoch. */
export function countEpochs(built: BuiltPart, layout: BatchLayout, steps: number): SourceEpochs {
  const used = Math.min(built.samples, steps * layout.globalBatch);
  const which = built.blend?.dataset.subarray(0, used);
  const total = which === undefined ? [used] : takenOf({ dataset: which }, built.datasets.length);
  const needed = built.datasets.map(({ part, indices }) =>
    Math.ceil(indices.epochs.tokensPerEpoch / part.identity.seqLength),
  );
  // Whole epochs of the run before the one in which the dataset runs dry, and the samples that are then still needed.
  const before = needed.map((need, d) => Math.floor((need - 1) / Math.max(1, total[d] as number)));
  const marks = needed.map((need, d) => need - (before[d] as number) * (total[d] as number));
  const { taken, marked, curve } = pass(which, { used, datasets: built.datasets.length, marks });
  const sources = built.datasets.map(({ part, indices }, d): SourceUse => {
    const { seqLength } = part.identity;
    const { tokensPerEpoch, samples, epochs } = indices.epochs;
    const samplesRead = (taken[d] as number) * layout.epochs;
    const mark = marked[d];
    const dry = mark !== undefined && (before[d] as number) < layout.epochs;
    return {
      prefix: part.identity.prefix,
      weight: shareOf(built.blend?.weights ?? [1], d),
      tokensPerEpoch,
      samplesBuilt: samples,
      epochsBuilt: epochs,
      samplesRead,
      epochsRead: (samplesRead * seqLength) / tokensPerEpoch,
      dryAtStep: dry ? (before[d] as number) * steps + (stepOfSample(layout, mark, steps)?.step ?? 0) + 1 : undefined,
    };
  });
  const series = sources.map((source, d): LineSeries => {
    const perSample = source.epochsRead / Math.max(1, source.samplesRead);
    const y = curve.map(({ taken: sofar }) => (sofar[d] as number) * perSample);
    const x = curve.map(({ samples }) => samples / layout.globalBatch);
    return { name: shortPrefix(source.prefix), ...repeated({ x, y }, layout.epochs, steps) };
  });
  return new SourceEpochs(sources, steps * layout.epochs, series);
}

function pass(
  which: Int16Array | undefined,
  { used, datasets, marks }: { readonly used: number; readonly datasets: number; readonly marks: readonly number[] },
): Pass {
  const taken = new Array<number>(datasets).fill(0);
  const marked = new Array<number | undefined>(datasets).fill(undefined);
  const curve = [{ samples: 0, taken: [...taken] }];
  const every = Math.max(1, Math.ceil(used / points));
  for (let k = 0; k < used; k++) {
    const d = which === undefined ? 0 : (which[k] as number);
    const count = (taken[d] as number) + 1;
    taken[d] = count;
    if (count === marks[d]) marked[d] = k;
    if ((k + 1) % every === 0 || k + 1 === used) curve.push({ samples: k + 1, taken: [...taken] });
  }
  return { taken, marked, curve };
}

function shareOf(weights: readonly number[], d: number): number {
  return (weights[d] as number) / weights.reduce((sum, weight) => sum + weight, 0);
}

/** The curve of one epoch of the run, once per epoch (at most 50). */
function repeated(
  { x, y }: { readonly x: readonly number[]; readonly y: readonly number[] },
  epochs: number,
  steps: number,
): { x: number[]; y: number[] } {
  const passes = Array.from({ length: Math.min(epochs, 50) }, (_, epoch) => epoch);
  const last = y.at(-1) ?? 0;
  return {
    x: passes.flatMap((epoch) => x.slice(epoch === 0 ? 0 : 1).map((step) => step + epoch * steps)),
    y: passes.flatMap((epoch) => y.slice(epoch === 0 ? 0 : 1).map((value) => value + epoch * last)),
  };
}
