import { type EpochPlan, planEpochs } from "./epochs.js";
import { RandomState } from "./random-state.js";

/** One part (train, valid or test) of one dataset, and what is asked of it. */
export interface GptRequest {
  /** For messages: which dataset and part. */
  readonly name: string;
  /** Tokens of every sequence of the dataset. */
  readonly lengths: Int32Array;
  /** The part's sequences: from `begin` (inclusive) to `end` (exclusive). */
  readonly begin: number;
  readonly end: number;
  readonly samples: number | undefined;
  readonly seed: number;
  readonly seqLength: number;
  readonly extraToken: 0 | 1;
  readonly dropLastPartial: boolean;
}

/**
 * What MindFormers' GPTDataset builds. Sample k reads the row `shuffle[k]`: from `offsets[row]` in the sequence
 * `documents[positions[row]]` on, to `offsets[row + 1] + extraToken` in the sequence `documents[positions[row + 1]]`.
 * Memory: 4 bytes per document and epoch, 12 per sample (the engine: 4 and 20, and 16 per document and epoch while it builds).
 */
export interface GptIndices {
  /** Sequence numbers in the order in which they are joined; every epoch holds each once. */
  readonly documents: Int32Array;
  /** One entry more than samples. */
  readonly positions: Uint32Array;
  readonly offsets: Int32Array;
  readonly shuffle: Uint32Array;
  readonly epochs: EpochPlan;
}

/** Builds all three indices with one generator, in the engine's order: documents, then shuffle. Throws INDEX_IMPOSSIBLE. */
export function buildGptIndices(request: GptRequest): GptIndices {
  const epochs = planEpochs({ ...request, tokensPerEpoch: sumLengths(request) });
  const random = new RandomState(request.seed);
  const documents = documentIndex(request, epochs, random);
  const rows = sampleIndex(request, documents, epochs.samples);
  return { documents, ...rows, shuffle: shuffleIndex(epochs, random), epochs };
}

function sumLengths({ lengths, begin, end }: GptRequest): number {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += lengths[i] as number;
  return sum;
}

/** Every epoch's sequences, shuffled together; a separate last epoch by itself. */
function documentIndex({ begin, end }: GptRequest, plan: EpochPlan, random: RandomState): Int32Array {
  const each = end - begin;
  const documents = new Int32Array(each * plan.epochs);
  for (let epoch = 0, at = 0; epoch < plan.epochs; epoch++) for (let i = begin; i < end; i++) documents[at++] = i;
  const together = plan.separateFinalEpoch ? plan.epochs - 1 : plan.epochs;
  random.shuffle(documents.subarray(0, each * together));
  if (plan.separateFinalEpoch) random.shuffle(documents.subarray(each * together));
  return documents;
}

/**
 * Where each sample begins, as the C++ helper `build_sample_idx` computes it: consecutive samples overlap by the extra token. A row points
 * into the sequence that holds the sample's last token, so that without extra token the offset can be that sequence's length.
 */
export function sampleIndex(
  { lengths, seqLength, extraToken }: Pick<GptRequest, "lengths" | "seqLength" | "extraToken">,
  documents: Int32Array,
  samples: number,
): Pick<GptIndices, "positions" | "offsets"> {
  const positions = new Uint32Array(samples + 1);
  const offsets = new Int32Array(samples + 1);
  const count = documents.length;
  let row = 1;
  // Where the next row begins, counted from the beginning of the sequence at `position`.
  let next = seqLength;
  for (let position = 0; position < count && row <= samples; position++) {
    const length = lengths[documents[position] as number] as number;
    while (next + extraToken <= length && row <= samples) {
      positions[row] = position;
      offsets[row++] = next;
      next += seqLength;
    }
    next -= length;
  }
  if (row <= samples) {
    positions[row] = count - 1;
    offsets[row] = (lengths[documents[count - 1] as number] as number) - extraToken;
  }
  return { positions, offsets };
}

function shuffleIndex(plan: EpochPlan, random: RandomState): Uint32Array {
  const first = plan.separateFinalEpoch ? plan.samplesBeforeFinalEpoch : plan.samples;
  const shuffle = new Uint32Array(Math.max(first, plan.samples));
  for (let i = 0; i < shuffle.length; i++) shuffle[i] = i;
  random.shuffle(shuffle.subarray(0, first));
  if (first < plan.samples) random.shuffle(shuffle.subarray(first));
  return shuffle;
}
