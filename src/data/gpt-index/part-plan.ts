import { formatCount } from "../../core/units.js";
import type { Blend } from "./blend-list.js";
import type { GptIdentity } from "./description.js";
import { type EpochRequest, impossible, mostSamples } from "./epochs.js";
import type { GptRequest } from "./indices.js";
import { normalizeWeights } from "./python-numbers.js";
import { parseSplit, type SplitName, type SplitRange, sequencesOf, splitNames } from "./split.js";

/** The settings of MindFormers' data loader that the indices depend on. */
export interface GptSettings {
  /** The datasets of all parts, divided by `split`; or one list per part. */
  readonly blend:
    | { readonly all: Blend; readonly split: string }
    | { readonly perPart: readonly (Blend | undefined)[] };
  /** Samples asked for: train, valid, test; undefined: as many as the datasets give. */
  readonly sizes: readonly (number | undefined)[];
  readonly seed: number;
  readonly seqLength: number;
  readonly extraToken: 0 | 1;
  readonly dropLastPartialValid: boolean;
}

/** The part of one dataset, ready to be built once its lengths are known. */
export interface GptPart {
  readonly identity: GptIdentity;
  readonly range: readonly [low: number, high: number];
  request(lengths: Int32Array): GptRequest;
  /** The same without the lengths. `tokens`: those of the part's sequences together. */
  epochs(sequences: EpochRequest["sequences"], tokens: number): EpochRequest;
}

/** What the engine builds for a part: one dataset, or a mix of several (or of one with a weight). */
export interface PartPlan {
  readonly part: SplitName;
  readonly datasets: readonly GptPart[];
  /** Undefined: the dataset's own samples in its own order, no mix. */
  readonly blend: BlendRule | undefined;
}

/** Weights and size of a mix; both can depend on how many samples the datasets have. */
export interface BlendRule {
  resolve(samples: readonly number[]): { readonly weights: readonly number[]; readonly size: number | undefined };
}

/**
 * The part as MindFormers' BlendedMegatronDatasetBuilder plans it; undefined if the part has no data.
 * @throws DataError INDEX_IMPOSSIBLE for settings that the builder stops at.
 */
export function planPart(settings: GptSettings, part: SplitName): PartPlan | undefined {
  const i = splitNames.indexOf(part);
  const size = settings.sizes[i];
  if ("perPart" in settings.blend) {
    const blend = settings.blend.perPart[i];
    if (blend === undefined) return undefined;
    const make = partMaker(settings, { part, range: [0, 1], split: undefined, ranges: undefined });
    const single = blend.prefixes.length === 1;
    return single
      ? { part, datasets: [make(blend.prefixes[0] as string, size)], blend: undefined }
      : mixed(blend, size, { part, make });
  }
  const { all, split } = settings.blend;
  const ranges = parseSplit(split);
  if (ranges === undefined)
    throw impossible(`split ${JSON.stringify(split)}: expected up to three numbers that are not all 0`, {
      hint: 'set split: "1, 0, 0"',
      set: ["split", "1, 0, 0"],
    });
  const range = ranges[i];
  if (range === undefined) return undefined;
  const make = partMaker(settings, { part, range, split, ranges });
  const single = all.prefixes.length === 1 && all.weights === undefined;
  return single
    ? { part, datasets: [make(all.prefixes[0] as string, size)], blend: undefined }
    : mixed(all, size, { part, make });
}

type MakePart = (prefix: string, samples: number | undefined) => GptPart;

interface PartPlace {
  readonly part: SplitName;
  readonly range: readonly [number, number];
  readonly split: string | undefined;
  readonly ranges: readonly SplitRange[] | undefined;
}

function partMaker(settings: GptSettings, place: PartPlace): MakePart {
  const { part, range, split, ranges } = place;
  const { seed, seqLength, extraToken } = settings;
  const dropLastPartial = part !== "valid" || settings.dropLastPartialValid;
  const cure = cureOfEmpty(place);
  return (prefix, samples) => {
    const shared = { name: `${prefix}, ${part}`, cure, samples, seqLength, extraToken, dropLastPartial };
    return {
      identity: { prefix, samples, part, seed, seqLength, split, ranges },
      range,
      request: (lengths) => ({ ...shared, lengths, ...sequencesOf(range, lengths.length), seed }),
      epochs: (sequences, tokensPerEpoch) => ({ ...shared, sequences, tokensPerEpoch }),
    };
  };
}

type Cure = NonNullable<EpochRequest["cure"]>;

/** Parts that are too small get no share; the training part gets all. `of`: sequences of the dataset. */
function cureOfEmpty({ part, split, ranges }: PartPlace): Cure {
  if (split === undefined) return () => ({ hint: "use a larger dataset for this part", set: [`${part}_data_path`] });
  return (of) => {
    const isEmpty = (range: SplitRange) => {
      const { begin, end } = range ? sequencesOf(range, of) : { begin: 0, end: 0 };
      return begin === end;
    };
    const shares = (split.match(/[.0-9]+/g) ?? []).map((share, i) =>
      splitNames[i] === part || isEmpty(ranges?.[i]) ? "0" : share,
    );
    const value = part === "train" ? "1, 0, 0" : shares.join(", ");
    const others = part !== "train" || (ranges?.some((range, i) => i > 0 && range !== undefined) ?? false);
    if (!others) return { hint: "use a larger dataset, or prepare this one again from more text", set: ["data_path"] };
    return {
      hint: `set split: "${value}", give this part a larger share, or use a larger dataset`,
      set: ["split", value],
    };
  };
}

/** The engine numbers the datasets of a blend with 16 bits. */
const mostDatasets = 32_767;

/** Every dataset gets half a percent more than its share, so that the greedy mix does not run out. */
const margin = 1.005;

function mixed(blend: Blend, size: number | undefined, { part, make }: { part: SplitName; make: MakePart }): PartPlan {
  const { prefixes, weights: written } = blend;
  if (written === undefined) {
    const datasets = prefixes.map((prefix) => make(prefix, undefined));
    return { part, datasets, blend: { resolve: (samples) => bySize(samples, size) } };
  }
  const weights = normalizeWeights(written);
  if (weights.some((weight) => !(weight > 0)))
    throw impossible(`${part}: expected weights above 0, found ${written.join(", ")}`, {
      hint: "remove datasets of weight 0 from data_path",
      set: ["data_path"],
    });
  if (prefixes.length >= mostDatasets)
    throw impossible(
      `${part}: expected fewer than ${formatCount(mostDatasets)} datasets, found ${formatCount(prefixes.length)}`,
      { hint: 'merge some: await mergeDatasets([a, b], "dataset/both")', set: ["data_path"] },
    );
  if (size === undefined)
    throw impossible(`${part}: weights need a number of samples, found none`, {
      hint: "give sizes three numbers",
      set: ["sizes"],
    });
  const shares = weights.map((weight) => Math.ceil(size * weight * margin));
  const datasets = prefixes.map((prefix, d) => make(prefix, shares[d]));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return { part, datasets, blend: { resolve: () => ({ weights: normalizeWeights(weights), size: total }) } };
}

function bySize(samples: readonly number[], size: number | undefined): ReturnType<BlendRule["resolve"]> {
  const empty = samples.indexOf(0);
  if (empty >= 0)
    throw impossible(`dataset ${empty + 1} of the blend: expected at least 1 sample, found 0`, {
      hint: "remove it from data_path, or use a smaller seq_length",
      set: ["data_path"],
    });
  if (size === undefined) return { weights: samples, size: undefined };
  const total = samples.reduce((sum, count) => sum + count, 0);
  return { weights: normalizeWeights(samples), size: Math.min(size, total) };
}

/** Refuses a mix of more samples than its index can number. */
export function requireRoom(part: SplitName, size: number): void {
  if (size <= mostSamples) return;
  throw impossible(
    `${part}: expected a blend of at most ${formatCount(mostSamples)} samples, found ${formatCount(size)}`,
    { hint: "ask for fewer samples (sizes)", set: ["sizes"] },
  );
}

/**
 * Refuses a mix that takes more samples of a dataset than it has. The engine's own check leaves out datasets that
 * nothing is taken of, so that it compares the counts of the others with the wrong datasets: it stops where nothing
 * is wrong, and misses what ends the training later.
 */
export function requireInBounds(taken: readonly number[], has: readonly number[], names: readonly string[]): void {
  const over = taken.findIndex((count, d) => count > (has[d] as number));
  const hint = "ask for more samples (sizes), or remove datasets of small weight from data_path";
  if (over >= 0) {
    const found =
      `${names[over]} has ${formatCount(has[over] as number)} samples, ` +
      `the blend takes ${formatCount(taken[over] as number)}`;
    throw impossible(`blend goes out of bounds: ${found}`, { hint, set: ["sizes"] });
  }
  const present = taken.filter((count) => count > 0);
  const wrong = present.findIndex((count, d) => count > (has[d] as number));
  if (wrong < 0) return;
  const unused =
    `${taken.length - present.length} of ${taken.length} datasets give no sample, ` +
    "and the engine's check then compares wrongly";
  throw impossible(
    `the engine would stop with an IndexError: ${unused} (${names[wrong]}: ${present[wrong]} > ${has[wrong]})`,
    { hint, set: ["sizes"] },
  );
}
