import { formatCount } from "../../core/units.js";
import { type HistogramBin, histogram } from "../../view/charts/kinds/histogram.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import type { TokenStream } from "../files/token-blocks.js";
import { DocumentEnds } from "./document-ends.js";
import { HistogramCounter } from "./histogram-counter.js";

/**
 * How long documents or sequences are, in tokens. Shows itself as a figure.
 *
 * @example
 * const data = await openDataset("dataset/wiki");
 * const { median, largest } = await data.lengths("documents"); // tokens
 */
export class LengthHistogram {
  readonly of: "documents" | "sequences";
  readonly count: number;
  readonly tokens: number;
  readonly smallest: number;
  readonly largest: number;
  readonly mean: number;
  readonly median: number;
  /** 90 % have at most this length. */
  readonly percentile90: number;
  readonly percentile99: number;
  /** At most 80; linear, or with equal ratios where the longest is much longer than the median. */
  readonly bins: readonly HistogramBin[];
  /** True if the bins have equal ratios. */
  readonly logarithmic: boolean;

  constructor(facts: Omit<LengthHistogram, typeof displayKey>) {
    this.of = facts.of;
    this.count = facts.count;
    this.tokens = facts.tokens;
    this.smallest = facts.smallest;
    this.largest = facts.largest;
    this.mean = facts.mean;
    this.median = facts.median;
    this.percentile90 = facts.percentile90;
    this.percentile99 = facts.percentile99;
    this.bins = facts.bins;
    this.logarithmic = facts.logarithmic;
  }

  [displayKey](): MimeBundle {
    const { of, count, tokens, smallest, largest, mean, median, percentile90, percentile99 } = this;
    const markers = [
      { x: median, label: `median ${formatCount(median)}` },
      { x: percentile99, label: `99 % ≤ ${formatCount(percentile99)}` },
    ];
    return histogram({
      title: `Lengths of ${formatCount(count)} ${of}, ${formatCount(tokens)} tokens`,
      x: { label: "tokens", log: this.logarithmic },
      y: { label: of },
      bins: this.bins,
      markers: smallest === largest || count === 0 ? [] : markers,
      facts: [
        [
          `shortest ${formatCount(smallest)}`,
          `median ${formatCount(median)}`,
          `mean ${formatCount(Math.round(mean))}`,
          `longest ${formatCount(largest)}`,
        ].join(" · "),
        `90 % have at most ${formatCount(percentile90)} tokens, 99 % at most ${formatCount(percentile99)}`,
      ],
    })[displayKey]();
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
  return histogramOf(of, counter);
}

function histogramOf(of: "documents" | "sequences", counter: HistogramCounter): LengthHistogram {
  const { count, sum } = counter;
  const or0 = (value: number) => (count > 0 ? value : 0);
  const [median, percentile90, percentile99] = [0.5, 0.9, 0.99].map((share) => or0(counter.quantile(share)));
  const largest = or0(counter.largest);
  const logarithmic = largest > 100 && largest > 20 * Math.max(1, median as number);
  return new LengthHistogram({
    of,
    count,
    tokens: sum,
    smallest: or0(counter.smallest),
    largest,
    mean: or0(sum / count),
    median: median as number,
    percentile90: percentile90 as number,
    percentile99: percentile99 as number,
    bins: counter.bins(80, logarithmic),
    logarithmic,
  });
}

/** The lengths of a stream, for formats whose index does not tell them. */
export async function* streamLengths(stream: TokenStream): AsyncGenerator<Int32Array> {
  for await (const { lengths } of stream.blocks()) yield lengths;
}
