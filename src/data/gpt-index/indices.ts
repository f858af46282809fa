import { type EpochPlan, type EpochRequest, planEpochs } from "./epochs.js";
import { lengthAt, numbersOf, type PackedSequences, packSequences, pairsOf } from "./packed-sequences.js";
import { RandomState } from "./random-state.js";

/** One part (train, valid, or test) of one dataset, and what is asked of it. */
export interface GptRequest {
  /** For messages: which dataset and part. */
  readonly name: string;
  /** Cures a part that is too small of a dataset with that many sequences. */
  readonly cure?: NonNullable<EpochRequest["cure"]>;
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
 * Memory: 4 bytes per document and epoch, 12 per sample, and 8 per document and epoch while it builds (the engine: 4
 * and 20, and 16 per document and epoch while it builds).
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

/**
 * Builds all three indices with one generator, in the engine's order: documents, then shuffle. Throws
 * INDEX_IMPOSSIBLE.
 */
export function buildGptIndices(request: GptRequest): GptIndices {
  const { lengths, begin, end } = request;
  const sequences = { begin, end, of: lengths.length };
  const epochs = planEpochs({ ...request, sequences, tokensPerEpoch: sumLengths(request) });
  const random = new RandomState(request.seed);
  const shuffled = shuffledSequences(request, epochs, random);
  const rows = sampleRows(request, shuffled, epochs.samples);
  return { documents: numbersOf(shuffled), ...rows, shuffle: shuffleIndex(epochs, random), epochs };
}

function sumLengths({ lengths, begin, end }: Pick<GptRequest, "lengths" | "begin" | "end">): number {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += lengths[i] as number;
  return sum;
}

/** Every epoch's sequences, shuffled together; a separate last epoch by itself. */
function shuffledSequences(request: GptRequest, plan: EpochPlan, random: RandomState): PackedSequences {
  const words = packSequences(request, plan.epochs);
  const pairs = pairsOf(words);
  const together = plan.separateFinalEpoch ? (request.end - request.begin) * (plan.epochs - 1) : pairs.length;
  random.shuffle(pairs.subarray(0, together));
  if (plan.separateFinalEpoch) random.shuffle(pairs.subarray(together));
  return words;
}

/**
 * Where each sample begins, as the C++ helper `build_sample_idx` computes it: consecutive samples overlap by the
 * extra token. A row points into the sequence that holds the sample's last token, so that without extra token the
 * offset can be that sequence's length.
 */
function sampleRows(
  { seqLength, extraToken }: Pick<GptRequest, "seqLength" | "extraToken">,
  sequences: PackedSequences,
  samples: number,
): Pick<GptIndices, "positions" | "offsets"> {
  const positions = new Uint32Array(samples + 1);
  const offsets = new Int32Array(samples + 1);
  const count = sequences.length / 2;
  let row = 1;
  // Where the next row begins, counted from the beginning of the sequence at `position`.
  let next = seqLength;
  for (let position = 0; position < count && row <= samples; position++) {
    const length = lengthAt(sequences, 2 * position);
    // Written in any case, and kept if the row does begin here: a branch on lengths in random order would be guessed
    // wrong half of the time.
    positions[row] = position;
    offsets[row] = next;
    const begins = (next + extraToken - length - 1) >>> 31;
    row += begins;
    next += seqLength & -begins;
    while (next + extraToken <= length && row <= samples) {
      positions[row] = position;
      offsets[row++] = next;
      next += seqLength;
    }
    next -= length;
  }
  if (row <= samples) {
    positions[row] = count - 1;
    offsets[row] = lengthAt(sequences, 2 * (count - 1)) - extraToken;
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
