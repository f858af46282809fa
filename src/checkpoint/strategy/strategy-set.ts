import { createHash } from "node:crypto";
import { memoryBytes } from "../../core/bytes.js";
import { CheckpointError } from "../../core/error.js";
import type { ParameterLayout, StrategyFile } from "../../formats/strategy/layout.js";
import { devicesOf, type Placement, placeOf } from "../../formats/strategy/placement.js";
import { readStrategy } from "../../formats/strategy/read.js";
import type { TensorEntry } from "../../formats/tensor-entry.js";
import type { FileAccess } from "../read/files/file-access.js";

/** Layouts of one pipeline stage by parameter. */
export interface StageLayouts {
  readonly stage: number;
  readonly layouts: ReadonlyMap<string, ParameterLayout>;
}

/** All that strategy files say: which rank holds which slice. */
export interface StrategySet {
  readonly path: string;
  /** By stage; a stage without a file is missing here. */
  readonly stages: readonly StageLayouts[];
  readonly stageCount: number;
  readonly devicesPerStage: number;
}

const maximumBytes = 1024 ** 3;

/** @throws FormatError STRATEGY_INVALID if a file is damaged; CheckpointError CHECKPOINT_NONE if there is none. */
export async function readStrategySet(files: FileAccess, path: string): Promise<StrategySet> {
  const paths = (await files.kind(path)) === "folder" ? await strategyFiles(files, path) : [path];
  const seen = new Set<string>();
  const found: { readonly file: StrategyFile; readonly path: string }[] = [];
  for (const each of paths) {
    const bytes = await readWhole(files, each);
    const digest = createHash("sha256").update(bytes).digest("hex");
    // All ranks of a stage have the same file.
    if (seen.has(digest)) continue;
    seen.add(digest);
    found.push({ file: await readStrategy(memoryBytes(each, bytes)), path: each });
  }
  return joinStrategies(path, found);
}

async function strategyFiles(files: FileAccess, folder: string): Promise<string[]> {
  const names = (await files.list(folder)) ?? [];
  const wanted = names.filter(
    (name) => /^ckpt_strategy_rank_\d+.*\.(ckpt|json)$/.test(name) || /strategy.*\.ckpt$/.test(name),
  );
  if (wanted.length > 0) return wanted.sort(byNumber).map((name) => files.join(folder, name));
  const message = `folder ${folder}: expected ckpt_strategy_rank_<R>.ckpt files, found ${names.length} others`;
  throw new CheckpointError("CHECKPOINT_NONE", message, {
    hint: "pass <output>/strategy of the run that saved the checkpoint",
    details: { folder },
  });
}

const collator = new Intl.Collator("en", { numeric: true });
const byNumber = (a: string, b: string) => collator.compare(a, b);

async function readWhole(files: FileAccess, path: string): Promise<Uint8Array> {
  const file = await files.open(path);
  try {
    if (file.byteLength > maximumBytes) throw new RangeError(`${path}: a strategy file of ${file.byteLength} bytes`);
    return await file.slice(0, file.byteLength);
  } finally {
    await file.close();
  }
}

function joinStrategies(path: string, found: readonly { readonly file: StrategyFile }[]): StrategySet {
  const stages = new Map<number, Map<string, ParameterLayout>>();
  const add = (stage: number, layout: ParameterLayout) => {
    const layouts = stages.get(stage) ?? new Map<string, ParameterLayout>();
    stages.set(stage, layouts);
    layouts.set(layout.name, layout);
  };
  for (const { file } of found) {
    for (const layout of file.layouts) {
      if (!file.merged) add(file.stage, layout);
      else {
        const hyphen = layout.name.indexOf("-");
        add(Number(layout.name.slice(0, hyphen)), { ...layout, name: layout.name.slice(hyphen + 1) });
      }
    }
  }
  const list = [...stages].map(([stage, layouts]) => ({ stage, layouts })).sort((a, b) => a.stage - b.stage);
  let devicesPerStage = 1;
  for (const { layouts } of list) {
    for (const layout of layouts.values()) devicesPerStage = Math.max(devicesPerStage, devicesOf(layout));
  }
  return { path, stages: list, stageCount: (list.at(-1)?.stage ?? 0) + 1, devicesPerStage };
}

/** Ranks of all stages. */
export function ranksOf({ stageCount, devicesPerStage }: StrategySet): number {
  return stageCount * devicesPerStage;
}

/** The layout of a parameter on a rank; undefined if its stage has none. */
export function layoutOn(set: StrategySet, name: string, rank: number): ParameterLayout | undefined {
  const stage = Math.floor(rank / set.devicesPerStage);
  return set.stages.find((each) => each.stage === stage)?.layouts.get(name);
}

/**
 * Place of the slice that a rank's file holds. Tensors that the strategy does not name (counters) are whole on every
 * rank.
 */
export function placeInSet(set: StrategySet, entry: TensorEntry, rank: number): Placement {
  const layout = layoutOn(set, entry.name, rank);
  if (layout === undefined || entry.shape.length === 0) {
    return { offset: entry.shape.map(() => 0), shape: entry.shape, globalShape: entry.shape };
  }
  return placeOf(layout, rank % set.devicesPerStage, entry.shape);
}
