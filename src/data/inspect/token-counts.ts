import { requireArgument } from "../../core/arguments.js";
import { formatCount } from "../../core/units.js";
import { histogram } from "../../view/charts/kinds/histogram.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import type { TokenStream } from "../files/token-blocks.js";
import { HistogramCounter } from "./histogram-counter.js";

/** A token and how often it occurs. */
export interface CountedToken {
  readonly id: number;
  readonly count: number;
  /** Of all tokens. */
  readonly share: number;
  /** Undefined without a tokenizer. */
  readonly text: string | undefined;
}

/** Ids that are counted one by one; larger ones are counted together. 32 MB. */
const mostIds = 4 * 1024 * 1024;

/**
 * How often each token id occurs. Shows itself as a figure: how many ids are rare, how many are frequent.
 *
 * @example
 * const data = await openDataset("dataset/wiki");
 * const counts = await data.tokenCounts();
 * counts.of(0); // how often the token id 0 occurs
 */
export class TokenCounts {
  readonly tokens: number;
  /** Size of the vocabulary; undefined if unknown. */
  readonly vocabSize: number | undefined;
  /** Different ids that occur. */
  readonly used: number;
  /** Tokens whose id is 4,194,304 or more, or negative: not counted one by one. */
  readonly beyond: number;
  /** The most frequent, at most 100. */
  readonly top: readonly CountedToken[];
  readonly #counts: Float64Array;

  constructor(counts: Float64Array, about: Pick<TokenCounts, "tokens" | "vocabSize" | "beyond" | "top">) {
    this.#counts = counts;
    this.tokens = about.tokens;
    this.vocabSize = about.vocabSize;
    this.beyond = about.beyond;
    this.top = about.top;
    this.used = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  }

  /** How often an id occurs. */
  of(id: number): number {
    requireArgument(Number.isInteger(id), {
      ...{ call: "tokenCounts.of, id", expected: "a whole number", found: id, example: "counts.of(0)" },
    });
    return this.#counts[id] ?? 0;
  }

  /** How many of the most frequent ids make up a share (0 to 1) of all tokens. */
  idsFor(share: number): number {
    requireArgument(typeof share === "number" && share >= 0 && share <= 1, {
      ...{ call: "tokenCounts.idsFor, share", expected: "a number from 0 to 1", found: share },
      example: "counts.idsFor(0.9)",
    });
    const sorted = this.#counts
      .filter((count) => count > 0)
      .sort()
      .reverse();
    let sum = 0;
    const at = sorted.findIndex((count) => {
      sum += count;
      return sum >= share * this.tokens;
    });
    return at + 1;
  }

  [displayKey](): MimeBundle {
    const counter = new HistogramCounter();
    for (const count of this.#counts) if (count > 0) counter.add(count);
    const of = this.vocabSize === undefined ? "" : ` of ${formatCount(this.vocabSize)}`;
    const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
    const top = this.top
      .slice(0, 10)
      .map(({ id, share, text }) => `${text === undefined ? id : `${JSON.stringify(text)} (${id})`} ${percent(share)}`);
    return histogram({
      title: `${formatCount(this.used)}${of} token ids occur in ${formatCount(this.tokens)} tokens`,
      x: { label: "occurrences of an id", log: counter.count > 0 && counter.largest > 100 },
      y: { label: "ids" },
      bins: counter.bins(60, counter.count > 0 && counter.largest > 100),
      facts: [
        ...(this.vocabSize === undefined
          ? []
          : [`${formatCount(this.vocabSize - this.used)} ids of the vocabulary never occur`]),
        `half of all tokens are ${formatCount(this.idsFor(0.5))} ids, ` +
          `90 % are ${formatCount(this.idsFor(0.9))} ids, 99 % are ${formatCount(this.idsFor(0.99))} ids`,
        ...(this.beyond > 0 ? [`${formatCount(this.beyond)} tokens have ids that can't be counted one by one`] : []),
        `most frequent: ${top.join(", ")}`,
      ],
    })[displayKey]();
  }
}

/** Text of some ids; undefined without a tokenizer. */
export type TextOfIds = (ids: readonly number[]) => Promise<readonly string[] | undefined>;

/** One pass over all tokens. */
export async function countTokens(
  stream: TokenStream,
  about: {
    readonly vocabSize: number | undefined;
    readonly textOf: TextOfIds;
    readonly onBlock?: (tokens: number) => void;
  },
): Promise<TokenCounts> {
  let counts = new Float64Array(about.vocabSize ?? 65_536);
  let tokens = 0;
  let beyond = 0;
  for await (const { ids } of stream.blocks()) {
    const numbers = ids instanceof BigInt64Array ? Float64Array.from(ids, Number) : ids;
    for (const id of numbers) {
      if (id < counts.length && id >= 0) counts[id] = (counts[id] as number) + 1;
      else if (id < 0 || id >= mostIds) beyond += 1;
      else {
        const larger = new Float64Array(Math.min(mostIds, Math.max(2 * counts.length, id + 1)));
        larger.set(counts);
        larger[id] = 1;
        counts = larger;
      }
    }
    tokens += ids.length;
    about.onBlock?.(tokens);
  }
  const ids = topIds(counts, 100);
  const texts = await about.textOf(ids);
  const top = ids.map((id, i) => ({
    id,
    count: counts[id] as number,
    share: (counts[id] as number) / tokens,
    text: texts?.[i],
  }));
  return new TokenCounts(counts, { tokens, vocabSize: about.vocabSize, beyond, top });
}

function topIds(counts: Float64Array, most: number): number[] {
  const used: number[] = [];
  for (let id = 0; id < counts.length; id++) if ((counts[id] as number) > 0) used.push(id);
  return used.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b).slice(0, most);
}
