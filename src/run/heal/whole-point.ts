import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "../../checkpoint/open/checkpoint.js";
import { openCheckpoints } from "../../checkpoint/open/open.js";
import { openStrategy } from "../../checkpoint/strategy/open-strategy.js";
import type { Config } from "../../config/config.js";
import { readMesh } from "../../model/layout/mesh.js";
import { runPaths } from "../record/layout.js";
import { linkCheckpoint } from "../record/resume-point.js";

/** A point made whole, with what was done, or why it can't be. */
export type WholePoint = { readonly point: Checkpoint; readonly note: string } | { readonly reason: string };

/** Findings that a replica's file cures; a file of another step leaves open which of both is right. */
const curable: ReadonlySet<string> = new Set(["checkpoint-rank-missing", "checkpoint-unreadable"]);

/**
 * Tensors of which data-parallel ranks keep values of their own: the bias that balances the experts follows the tokens
 * of the rank.
 */
const ownValues = /\bexpert_bias$/;

/** Name of a tensor that differs over ranks that otherwise hold the same values; undefined if there is none. */
export async function rankLocalTensor(point: Checkpoint, rank: number): Promise<string | undefined> {
  return [...(await point.tensors({ rank }))].find(({ name }) => ownValues.test(name))?.name;
}

/** From which rank each missing one takes its file, or why none will do. */
async function sources(
  about: {
    readonly point: Checkpoint;
    readonly folder: string;
    readonly config: Config;
    readonly worldSize: number;
  },
  sound: readonly number[],
): Promise<ReadonlyMap<number, number> | string> {
  const { folder, config, worldSize } = about;
  const missing = Array.from({ length: worldSize }, (_, rank) => rank).filter((rank) => !sound.includes(rank));
  const [first] = sound;
  if (first === undefined) return "no rank has a sound file";
  if (savesParts(config)) return "remove_redundancy: each rank's file holds a part of its own";
  if (!readMesh((path) => config.get(path)).semiAuto) {
    const own = await rankLocalTensor(about.point, first);
    if (own !== undefined) return `each rank has its own ${own}, which no other rank holds`;
    return new Map(missing.map((rank) => [rank, first]));
  }
  const strategy = await openStrategy(join(runPaths(folder).output, "strategy")).catch(() => undefined);
  if (strategy === undefined) return "no strategy files say which ranks are replicas";
  const beyond = sound.find((rank) => rank >= strategy.ranks);
  if (beyond !== undefined)
    return `the strategy files describe ${strategy.ranks} ranks, found a file of rank ${beyond}`;
  const recovery = strategy.recover(sound);
  const found = new Map<number, number>();
  for (const { rank, from, lost } of recovery.missing) {
    const [only, other] = from;
    if (lost.length > 0) return `no present rank holds ${lost[0]} of rank ${rank}`;
    if (only === undefined || other !== undefined)
      return `the values of rank ${rank} are in the files of ranks ${from.join(", ")}, not in one`;
    found.set(rank, only);
  }
  return found;
}

function savesParts(config: Config): boolean {
  const callbacks = config.get("callbacks");
  return (
    Array.isArray(callbacks) &&
    callbacks.some(({ type, remove_redundancy }) => type === "CheckpointMonitor" && remove_redundancy === true)
  );
}

/**
 * Makes up the files of some ranks from those of ranks that hold the same values: after a rank was lost, only its
 * replica saves (TTP), and a damaged file has a sound copy on another rank. The whole point lies in links below
 * `resume/`, and must be examined as any other.
 */
export async function makeWhole(
  point: Checkpoint,
  about: { readonly folder: string; readonly config: Config; readonly worldSize: number },
): Promise<WholePoint> {
  const odd = point.issues.find(({ rule }) => !curable.has(rule));
  if (odd !== undefined) return { reason: odd.message };
  if (point.layout !== "ranks") return { reason: "only files of ranks can replace each other" };
  const broken = new Set(point.issues.map(({ path }) => path));
  const files = point.files.filter(({ path }) => !broken.has(path));
  const sound = files.map(({ rank }) => rank);
  const from = await sources({ ...about, point }, sound);
  if (typeof from === "string") return { reason: from };
  const more = [...from].map(([rank, source]) => ({
    rank,
    path: files.find((file) => file.rank === source)?.path as string,
  }));
  const place = join(runPaths(about.folder).resume, `whole-${point.step}`);
  await rm(place, { recursive: true, force: true });
  await linkCheckpoint({ step: point.step, complete: true, files: [...files, ...more] }, place);
  const whole = (await openCheckpoints(place, { ranks: about.worldSize })).at(point.step);
  const pairs = [...from].slice(0, 8).map(([rank, source]) => `rank ${rank} from rank ${source}`);
  const rest = from.size > 8 ? ` and ${from.size - 8} more` : "";
  return { point: whole, note: `made whole by replicas: ${pairs.join(", ")}${rest}` };
}
