import { CheckpointError, type Issue } from "../../core/error.js";
import { formatBytes, formatCount } from "../../core/units.js";
import type { TensorValues } from "../../formats/dtype.js";
import { readTensorValues, type SafetensorsHeader, type TensorEntry } from "../../formats/safetensors.js";
import { displayKey, jupyterHost, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../../view/sections.js";
import { openProgress } from "../../view/show.js";
import { type TensorRow, TensorTable } from "../look/tensor-table.js";
import type { Verification } from "../prove/verification.js";
import { verifyFiles } from "../prove/verify.js";
import { issue, listed, otherCheckpoint } from "../read/finding.js";
import { kindOf } from "../read/kind.js";
import { nameMatcher } from "../read/match.js";
import { type HyperParameters, withRankFile } from "../read/rank-file.js";
import type { CheckpointFile, SavedPoint } from "../read/scan.js";

/** Reading more than this is worth a progress bar. */
const longRead = 256 * 1024 * 1024;

/** One point that the training saved: the files of all ranks. Opening it reads headers only. */
export class Checkpoint {
  /** Optimizer step since the very first start, from inside the files; their names count from the last resume. */
  readonly step: number;
  readonly epoch: number;
  /** Ranks that have a file, in order. */
  readonly ranks: readonly number[];
  /** True if every rank has a file, every header is valid, and all of them say the same step. */
  readonly complete: boolean;
  /** Why it is not complete; empty if it is. */
  readonly issues: readonly Issue[];
  readonly files: readonly CheckpointFile[];
  readonly hyperParameters: HyperParameters;
  /** Bytes over all ranks. */
  readonly bytes: number;
  /** When the last rank's file was written. */
  readonly savedAt: Date;
  /** The folder of the `rank_R` folders: what `load_checkpoint` takes. */
  readonly folder: string;

  constructor(folder: string, expectedRanks: readonly number[], { named, parts }: SavedPoint) {
    const known = parts.find(({ hyper }) => hyper?.step !== undefined)?.hyper;
    this.folder = folder;
    this.hyperParameters = known ?? {
      step: undefined,
      epoch: undefined,
      lossScale: undefined,
      globalBatchSize: undefined,
    };
    this.step = known?.step ?? named.step;
    this.epoch = known?.epoch ?? named.epoch;
    this.ranks = parts.map(({ rank }) => rank);
    this.files = parts.map(({ rank, path, bytes, savedAt }) => ({ rank, path, bytes, savedAt }));
    this.bytes = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    this.savedAt = new Date(Math.max(...parts.map(({ savedAt }) => savedAt.getTime())));
    this.issues = incompleteness({ folder, expectedRanks, parts, step: this.step });
    this.complete = this.issues.length === 0;
  }

  /**
   * The tensors, from the headers. `match`: names to keep, `*` stands for any characters (`"*.layers.0.*"`), or a regular expression.
   * `rank`: only of that rank; default: all ranks together, each name once.
   */
  async tensors(options: { readonly match?: string | RegExp; readonly rank?: number } = {}): Promise<TensorTable> {
    const matches = nameMatcher(options.match);
    const rows = new Map<string, TensorRow & { readonly ranks: number[] }>();
    let all = 0;
    for (const file of this.#readable(options.rank)) {
      const { tensors } = await withRankFile(file.path, async (_, header) => header);
      for (const entry of tensors) {
        const row = rows.get(entry.name);
        if (row) row.ranks.push(file.rank);
        else if (matches(entry.name)) rows.set(entry.name, { ...rowOf(entry), ranks: [file.rank] });
      }
      all = Math.max(all, tensors.length);
    }
    const sorted = [...rows.values()].sort(byKindAndName);
    const note =
      options.match === undefined ? "" : `${formatCount(sorted.length)} of ${formatCount(all)} match ${options.match}`;
    return new TensorTable(`Tensors of step ${formatCount(this.step)}`, sorted, note);
  }

  /**
   * Values of one small tensor, row-major: bigint for 64-bit whole numbers, else number. `rank`: default the first that holds it.
   * `limit`: most elements, default 2^20.
   * @throws CheckpointError CHECKPOINT_MISSING if no rank has the tensor; FormatError TENSOR_UNREADABLE if it is larger than the limit.
   */
  async values(name: string, options: { readonly rank?: number; readonly limit?: number } = {}): Promise<TensorValues> {
    for (const file of this.#readable(options.rank)) {
      const values = await withRankFile(file.path, async (source, header: SafetensorsHeader) => {
        const entry = header.tensors.find((tensor) => tensor.name === name);
        return entry && readTensorValues(source, entry, options.limit === undefined ? {} : { limit: options.limit });
      });
      if (values) return values;
    }
    const message = `checkpoint of step ${this.step}: expected a tensor ${JSON.stringify(name)} on ${listed(this.ranks)}, found none`;
    throw new CheckpointError("CHECKPOINT_MISSING", message, { hint: "await checkpoint.tensors() lists the names" });
  }

  /**
   * Reads every byte: NaN and infinite values, headers against sizes, ranks against each other, what a resume needs.
   * Damage is reported in the result, not thrown. `signal`: default the running cell's.
   */
  async verify(options: { readonly signal?: AbortSignal } = {}): Promise<Verification> {
    const total = Math.ceil(this.bytes / 1024 ** 2);
    const progress = this.bytes >= longRead ? openProgress({ title: "verifying", total, unit: "MB" }) : undefined;
    try {
      return await verifyFiles({
        step: this.step,
        folder: this.folder,
        files: this.files,
        known: this.issues,
        onProgress: (bytes) => progress?.update(Math.floor(bytes / 1024 ** 2)),
        signal: options.signal ?? jupyterHost()?.signal,
      });
    } finally {
      progress?.finish(`verified ${formatBytes(this.bytes)}`);
    }
  }

  [displayKey](): MimeBundle {
    const { lossScale, globalBatchSize } = this.hyperParameters;
    const facts: [string, string][] = [
      ["complete", this.complete ? "yes" : "no"],
      ["epoch", formatCount(this.epoch)],
      ["ranks", `${this.ranks.length} (${listed(this.ranks)})`],
      ["size", formatBytes(this.bytes)],
      ["saved", this.savedAt.toISOString().replace("T", " ").slice(0, 19)],
      ...(globalBatchSize === undefined ? [] : [["global batch", formatCount(globalBatchSize)] as [string, string]]),
      ...(lossScale === undefined ? [] : [["loss scale", String(lossScale)] as [string, string]]),
      ["folder", this.folder],
    ];
    const bundle = factsBundle(`Checkpoint of step ${formatCount(this.step)}`, facts);
    return this.complete ? bundle : joinBundles([bundle, issuesBundle(this.issues)]);
  }

  #readable(rank: number | undefined): readonly CheckpointFile[] {
    if (rank !== undefined && !this.ranks.includes(rank)) {
      const message = `checkpoint of step ${this.step}: expected a file of rank ${rank}, found ${listed(this.ranks)}`;
      throw new CheckpointError("CHECKPOINT_MISSING", message, {
        hint: `choose one of ${this.ranks.slice(0, 20).join(", ")}`,
      });
    }
    const broken = new Set(this.issues.map(({ path }) => path));
    const files = this.files.filter((file) => rank === undefined || file.rank === rank);
    const readable = files.filter(({ path }) => !broken.has(path));
    if (readable.length > 0) return readable;
    const reason = this.issues.find(({ path }) => path === files[0]?.path)?.message;
    const message = `checkpoint of step ${this.step}: no file can be read: ${reason}`;
    throw new CheckpointError("CHECKPOINT_NONE", message, { hint: otherCheckpoint });
  }
}

function rowOf({ name, dtype, shape, elements, bytes }: TensorEntry): Omit<TensorRow, "ranks"> {
  return { name, kind: kindOf(name), dtype, shape, elements, bytes };
}

const kindOrder = { weight: 0, optimizer: 1, state: 2 } as const;

/** Weights first, then optimizer and state; layers in the order of their numbers. */
function byKindAndName(a: TensorRow, b: TensorRow): number {
  return kindOrder[a.kind] - kindOrder[b.kind] || collator.compare(a.name, b.name);
}

const collator = new Intl.Collator("en", { numeric: true });

function incompleteness(point: {
  readonly folder: string;
  readonly expectedRanks: readonly number[];
  readonly parts: SavedPoint["parts"];
  readonly step: number;
}): Issue[] {
  const { folder, expectedRanks, parts, step } = point;
  const have = new Set(parts.map(({ rank }) => rank));
  const missing = expectedRanks.filter((rank) => !have.has(rank));
  const issues: Issue[] = [];
  if (missing.length > 0) {
    const message = `expected files of ${listed(expectedRanks)}, missing: ${listed(missing)}`;
    issues.push(issue("error", "checkpoint-rank-missing", { path: folder, message, hint: otherCheckpoint }));
  }
  for (const { rank, path, problem, hyper } of parts) {
    if (problem !== undefined) {
      issues.push(issue("error", "checkpoint-unreadable", { path, message: problem, hint: otherCheckpoint }));
    } else if (hyper?.step !== undefined && hyper.step !== step) {
      const message = `expected step ${step} as on the other ranks, found ${hyper.step} on rank ${rank}`;
      issues.push(issue("error", "checkpoint-step-differs", { path, message, hint: otherCheckpoint }));
    }
  }
  return issues;
}
