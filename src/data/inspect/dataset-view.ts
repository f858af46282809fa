import { formatBytes, formatCount } from "../../core/units.js";
import type { MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import type { DerivedManifest, Manifests } from "../files/derived-manifest.js";
import type { MegatronFacts } from "../files/megatron-files.js";

/** What the summary of a dataset shows. */
export interface ShownDataset extends MegatronFacts, Manifests {
  readonly seqLength: number | undefined;
  readonly pad: number | undefined;
  readonly bytes: number;
  readonly notes: readonly string[];
}

/** The summary of a dataset. */
export function datasetBundle(dataset: ShownDataset): MimeBundle {
  const { manifest, seqLength, tokens, pad } = dataset;
  const facts: (readonly [string, string])[] = [
    ["prefix (data_path)", dataset.prefix],
    ["sequences", sequenceLine(dataset)],
    ["tokens", `${formatCount(tokens)} ${dataset.dtype}, ${formatBytes(dataset.bytes)}`],
  ];
  if (seqLength !== undefined) {
    const samples = Math.floor((tokens - 1) / seqLength);
    facts.push([
      "samples per epoch",
      `(${formatCount(tokens)} − 1) ÷ ${formatCount(seqLength)} = ${formatCount(samples)}`,
    ]);
  }
  if (manifest) {
    const { counts, tokenizer, options, input } = manifest;
    const rest = pad === undefined ? "" : `, ${formatCount(counts.padded)} padding tokens (id ${pad})`;
    facts.push(
      ["made from", `${input.path}, ${formatBytes(input.bytes)}, ${formatCount(counts.pieces, "piece")} of text`],
      ["mode", `${options.mode}: ${formatCount(counts.dropped, "token")} of the text dropped${rest}`],
      ["tokenizer", `${tokenizer.path}, ${formatCount(tokenizer.vocabSize)} ids`],
      ["special tokens", `BOS ${idText(tokenizer.bosId)}, EOS ${idText(tokenizer.eosId)}, ${aroundText(tokenizer)}`],
    );
  }
  if (dataset.derived) facts.push(...derivedFacts(dataset.derived));
  return factsBundle("Megatron dataset", [...facts, ...dataset.notes.map((note) => ["note", note] as const)]);
}

function derivedFacts({ made, sources, tokenizer }: DerivedManifest): (readonly [string, string])[] {
  const shown = sources
    .slice(0, 5)
    .map(({ prefix, first, end }) => `${prefix}, documents ${formatCount(first)} to ${formatCount(end - 1)}`);
  const more = sources.length > 5 ? [`and ${formatCount(sources.length - 5)} more (.derived.sources)`] : [];
  const named = tokenizer ? `${tokenizer.path}, ${formatCount(tokenizer.vocabSize)} ids` : "not known of all sources";
  return [
    [`${made} from`, [...shown, ...more].join("\n")],
    ["tokenizer", named],
  ];
}

function sequenceLine({ sequences, seqLength }: ShownDataset): string {
  const each =
    seqLength === undefined ? "of different lengths" : `× ${formatCount(seqLength + 1)} tokens (seqLength + 1)`;
  return `${formatCount(sequences)} ${each}`;
}

function idText(id: number | undefined): string {
  return id === undefined ? "none" : String(id);
}

function aroundText({
  before,
  after,
}: {
  readonly before: readonly number[];
  readonly after: readonly number[];
}): string {
  const list = (ids: readonly number[]) => (ids.length === 0 ? "nothing" : ids.join(", "));
  return `before each piece: ${list(before)}; after: ${list(after)}`;
}
