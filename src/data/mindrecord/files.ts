import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FileBytes } from "../../core/bytes.js";
import { FormatError, LabError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import { MindRecordIndex, MindRecordShard } from "../../formats/mindrecord/shard-reader.js";
import { datasetPath } from "./names.js";

/** Paths of all shards, found from one of them or from their common name. */
export interface ShardFiles {
  /** The common name, as it was given to the writer. */
  readonly path: string;
  readonly files: readonly string[];
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** Throws FILE_MISSING if there is no such dataset, or if one of its shards or their indices is not there. */
export async function findShards(path: string): Promise<ShardFiles> {
  const wanted = resolve(path);
  const candidates = [wanted, `${wanted}0`, `${wanted}00`, `${wanted}000`];
  const there = await Promise.all(
    candidates.map(async (file, i) => (await isFile(file)) && (i === 0 || (await belongs(file, wanted)))),
  );
  const found = there.indexOf(true);
  if (found < 0) throw missing(wanted, "a MindRecord file (or that name and 0, 00, 000)");
  const first = candidates[found] as string;
  const { header } = await withShard(first, async (shard) => shard);
  const folder = dirname(first);
  const own = header.shards[header.shard] as string;
  if (own !== basename(first)) throw renamed(first, own);
  const files = header.shards.map((name) => join(folder, name));
  for (const file of files.flatMap((name) => [name, `${name}.db`]))
    if (!(await isFile(file))) throw missing(file, `the file of ${formatCount(files.length)} shards and their indices`);
  return { path: datasetPath(folder, header.shards), files };
}

/** True if the file is a shard of the dataset of that name, and not a dataset whose own name ends in a zero. */
async function belongs(file: string, path: string): Promise<boolean> {
  const header = await withShard(file, async (shard) => shard.header).catch(() => undefined);
  return header?.shards[header.shard] === basename(file) && datasetPath(dirname(file), header.shards) === path;
}

/** Files of the dataset that a name stands for now, whatever its number of shards; what can't be read is nobody's. */
export async function shardsOfOldDataset(path: string): Promise<string[]> {
  const files: string[] = [];
  for (const first of [path, `${path}0`, `${path}00`, `${path}000`]) {
    if (!(await isFile(first))) continue;
    const header = await withShard(first, async (shard) => shard.header).catch(() => undefined);
    if (!header || !(await belongs(first, path))) continue;
    files.push(...header.shards.map((name) => join(dirname(first), name)));
  }
  return files.flatMap((file) => [file, `${file}.db`]);
}

/** Opens a shard's data, hands it over, and closes it. */
export async function withShard<T>(path: string, use: (shard: MindRecordShard) => Promise<T>): Promise<T> {
  const bytes = await FileBytes.open(path, "MindRecord file");
  try {
    return await use(await MindRecordShard.open(bytes));
  } finally {
    await bytes.close();
  }
}

/** Opens a shard with its index; an index that names another file is refused, as MindSpore does. */
export async function withIndexedShard<T>(
  path: string,
  use: (shard: MindRecordShard, index: MindRecordIndex) => Promise<T>,
): Promise<T> {
  return withShard(path, async (shard) => {
    const bytes = await FileBytes.open(`${path}.db`, "MindRecord index");
    try {
      const index = await MindRecordIndex.open(bytes);
      if (index.shardName !== basename(path)) throw renamed(path, index.shardName);
      return await use(shard, index);
    } finally {
      await bytes.close();
    }
  });
}

function missing(path: string, what: string): LabError {
  return new LabError("FILE_MISSING", `MindRecord ${path}: expected ${what}, found nothing`, {
    hint: "copy all shards and their .db files into one folder, under their original names",
    details: { path },
  });
}

function renamed(path: string, name: string): FormatError {
  const message = `MindRecord ${path}: expected the name ${name}, under which it was written, found ${basename(path)}`;
  return new FormatError("MINDRECORD_INVALID", message, {
    hint: `mv ${JSON.stringify(path)} ${JSON.stringify(join(dirname(path), name))}`,
    file: path,
    offset: 0,
  });
}
