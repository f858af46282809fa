import { DataError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";

/** What decides how many times the sequences of a part are read, and how many samples that gives. */
export interface EpochRequest {
  /** For messages: which dataset and part. */
  readonly name: string;
  /** The part's sequences, from `begin` (inclusive) to `end` (exclusive), of `of` in the dataset. */
  readonly sequences: { readonly begin: number; readonly end: number; readonly of: number };
  /** Cures a part that is too small of a dataset with that many sequences. */
  readonly cure?: (of: number) => LoaderCure;
  /** Tokens of the part's sequences together. */
  readonly tokensPerEpoch: number;
  /** Samples that are asked for; undefined: as many as one epoch gives. */
  readonly samples: number | undefined;
  readonly seqLength: number;
  /** 1 if a sample has one token more than seqLength, so that labels are the ids moved by one; else 0. */
  readonly extraToken: 0 | 1;
  /** False only for the valid part with drop_last_partial_validation_sequence False: the last sample may be shorter. */
  readonly dropLastPartial: boolean;
}

/**
 * The line to type, and the setting of the data loader that it changes; without a value where only the user can know
 * one.
 */
export interface LoaderCure {
  readonly hint: string;
  readonly set?: readonly [key: string, value?: unknown];
}

export interface EpochPlan {
  readonly tokensPerEpoch: number;
  readonly epochs: number;
  /** The last epoch is shuffled by itself, because less than 80 % of it is asked for. */
  readonly separateFinalEpoch: boolean;
  /** Samples that end before the last epoch. */
  readonly samplesBeforeFinalEpoch: number;
  /** Samples that are built: all that the epochs give, at least as many as were asked for. */
  readonly samples: number;
}

/** From here on the engine's shuffle index has 64-bit numbers: more than 100 GB of indices per process. */
export const mostSamples = 2 ** 32 - 3;

/** Entries of the document index: 40 GB while the engine builds it, in every process. */
const mostEntries = 2 ** 31 - 1;

/**
 * Epochs and samples as MindFormers' GPTDataset counts them.
 * @throws DataError INDEX_IMPOSSIBLE where the engine stops with an assertion, aborts in its C++ helper, or counts
 * epochs for ever.
 */
export function planEpochs(request: EpochRequest): EpochPlan {
  const { tokensPerEpoch, samples, seqLength, extraToken } = request;
  requireTokens(request);
  const wanted = samples === undefined ? 0 : samples * seqLength + extraToken;
  const epochs = epochsFor(wanted, tokensPerEpoch);
  requireEntries(request, epochs);
  const count = countSamples(request, epochs * tokensPerEpoch - extraToken);
  if (epochs === 1 || samples === undefined)
    return { tokensPerEpoch, epochs, separateFinalEpoch: false, samplesBeforeFinalEpoch: 0, samples: count };
  const before = Math.floor(((epochs - 1) * tokensPerEpoch - extraToken) / seqLength);
  const fromFinal = samples - before;
  const perEpoch = Math.floor((tokensPerEpoch - extraToken) / seqLength);
  return {
    tokensPerEpoch,
    epochs,
    separateFinalEpoch: fromFinal < Math.trunc(0.8 * perEpoch),
    samplesBeforeFinalEpoch: before,
    samples: count,
  };
}

/** The smallest number of epochs, at least 1, that has the tokens. */
function epochsFor(wanted: number, tokensPerEpoch: number): number {
  let epochs = Math.max(1, Math.ceil(wanted / tokensPerEpoch));
  while (epochs > 1 && (epochs - 1) * tokensPerEpoch >= wanted) epochs -= 1;
  while (epochs * tokensPerEpoch < wanted) epochs += 1;
  return epochs;
}

function countSamples({ name, seqLength, dropLastPartial }: EpochRequest, tokens: number): number {
  const exact = dropLastPartial ? Math.floor(tokens / seqLength) : Math.ceil(tokens / seqLength);
  // The helper computes the partial variant in single precision: beyond 2^24 tokens the result can be off by some
  // samples.
  const count = dropLastPartial ? exact : Math.ceil(Math.fround(Math.fround(tokens) / Math.fround(seqLength)));
  if (count > exact) {
    const sum =
      `⌈${formatCount(tokens)} ÷ ${formatCount(seqLength)}⌉ = ${formatCount(exact)} samples, ` +
      `in single precision ${formatCount(count)}`;
    throw impossible(`${name}: ${sum}: the engine's helper would run past the end and abort`, {
      hint: "set drop_last_partial_validation_sequence: True",
      set: ["drop_last_partial_validation_sequence", true],
    });
  }
  if (count > mostSamples)
    throw impossible(`${name}: expected at most ${formatCount(mostSamples)} samples, found ${formatCount(count)}`, {
      hint: "divide the dataset into several prefixes, or ask for fewer samples",
      set: ["sizes"],
    });
  return count;
}

/** Every epoch lists the part's sequences once more. */
function requireEntries(request: EpochRequest, epochs: number): void {
  const { name, sequences, tokensPerEpoch, seqLength, extraToken, samples = 0 } = request;
  const count = sequences.end - sequences.begin;
  if (epochs * count <= mostEntries) return;
  const most = Math.floor((Math.floor(mostEntries / count) * tokensPerEpoch - extraToken) / seqLength);
  const asked = `${formatCount(samples)} samples × ${formatCount(seqLength)} tokens`;
  const sum = `${asked} ÷ ${formatCount(tokensPerEpoch)} tokens per epoch = ${formatCount(epochs)} epochs`;
  throw impossible(
    `${name}: ${sum} × ${formatCount(count)} sequences = ${formatCount(epochs * count)} entries of the index, ` +
      `expected at most ${formatCount(mostEntries)}`,
    { hint: `ask for at most ${formatCount(most)} samples (sizes), or use a larger dataset`, set: ["sizes"] },
  );
}

const largerShare = () => ({ hint: "give this part a larger share in split, 0 for none, or use a larger dataset" });

function requireTokens({ name, sequences, cure = largerShare, tokensPerEpoch, seqLength }: EpochRequest): void {
  if (!Number.isInteger(seqLength) || seqLength < 2)
    throw impossible(
      `${name}: expected a seqLength of 2 or more (the engine's helper aborts below), found ${seqLength}`,
      {
        hint: "set seq_length to the model's sequence length",
        set: ["seq_length"],
      },
    );
  if (tokensPerEpoch >= 2) return;
  const { begin, end, of } = sequences;
  const which = `sequences ${formatCount(begin)} to ${formatCount(end)} (exclusive) of ${formatCount(of)}`;
  throw impossible(
    `${name}: ${which}: expected at least 2 tokens, found ${tokensPerEpoch}: the engine would never end or abort`,
    cure(of),
  );
}

/** The error of settings that the engine can't build an index from. */
export function impossible(message: string, { hint, set }: LoaderCure): DataError {
  return new DataError("INDEX_IMPOSSIBLE", message, { hint, details: set ? { setting: set[0], value: set[1] } : {} });
}
