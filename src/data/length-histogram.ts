import { formatCount } from "../core/units.js";
import { type HistogramBin, histogram } from "../view/charts/histogram.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { DocumentEnds } from "./document-ends.js";
import { HistogramCounter } from "./histogram-counter.js";
import type { TokenStream } from "./token-blocks.js";

/** How long documents or sequences are, in tokens. Shows itself as a figure. */
export class LengthHistogram {
  readonly of: "documents" | "sequences";
  readonly count: number;
  readonly tokens: number;
  readonly smallest: number;
  readonly largest: number;
  readonly mean: number;
  readonly median: number;
  /** 90 of 100 are not longer. */
  readonly percentile90: number;
  readonly percentile99: number;
  /** At most 80; linear, or with equal ratios where the longest is much longer than the median. */
  readonly bins: readonly HistogramBin[];
  readonly #log: boolean;

  constructor(of: "documents" | "sequences", counter: HistogramCounter) {
    this.of = of;
    this.count = counter.count;
    this.tokens = counter.sum;
    this.smallest = counter.count > 0 ? counter.smallest : 0;
    this.largest = counter.count > 0 ? counter.largest : 0;
    this.mean = counter.count > 0 ? counter.sum / counter.count : 0;
    [this.median, this.percentile90, this.percentile99] = [0.5, 0.9, 0.99].map((share) =>
      counter.count > 0 ? counter.quantile(share) : 0,
    ) as [number, number, number];
    this.#log = this.largest > 100 && this.largest > 20 * Math.max(1, this.median);
    this.bins = counter.bins(80, this.#log);
  }

  [displayKey](): MimeBundle {
    const { of, count, tokens, smallest, largest, mean, median, percentile90, percentile99 } = this;
    const markers = [
      { x: median, label: `median ${formatCount(median)}` },
      { x: percentile99, label: `99 % ≤ ${formatCount(percentile99)}` },
    ];
    return histogram({
      title: `Lengths of ${formatCount(count)} ${of}, ${formatCount(tokens)} tokens`,
      x: { label: "tokens", log: this.#log },
      y: { label: of },
      bins: this.bins,
      markers: smallest === largest || count === 0 ? [] : markers,
      facts: [
        `shortest ${formatCount(smallest)} · median ${formatCount(median)} · mean ${formatCount(Math.round(mean))} · longest ${formatCount(largest)}`,
        `90 % have at most ${formatCount(percentile90)} tokens, 99 % at most ${formatCount(percentile99)}`,
      ],
    });
  }
}

/** Lengths without the tokens: a Megatron index alone tells them. */
export interface LengthSource {
  readonly lengths: AsyncIterable<Int32Array>;
  /** See TokenStream. */
  documentEnds?(): AsyncGenerator<BigInt64Array>;
}

/** One pass over the lengths. */
export async function countLengths(of: "documents" | "sequences", source: LengthSource): Promise<LengthHistogram> {
  const counter = new HistogramCounter();
  const ends = await DocumentEnds.open(of === "documents" ? source : {});
  let sequence = 0;
  let length = 0;
  const endDocuments = async () => {
    while (ends.next <= sequence) {
      counter.add(length);
      length = 0;
      const reading = ends.advance();
      if (reading) await reading;
    }
  };
  for await (const block of source.lengths)
    for (const tokens of block) {
      if (ends.next <= sequence) await endDocuments();
      length += tokens;
      sequence += 1;
    }
  await endDocuments();
  return new LengthHistogram(of, counter);
}

/** The lengths of a stream, for formats whose index does not tell them. */
export async function* streamLengths(stream: TokenStream): AsyncGenerator<Int32Array> {
  for await (const { lengths } of stream.blocks()) yield lengths;
}
