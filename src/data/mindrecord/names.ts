import { basename, dirname, join } from "node:path";
import { shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { mindRecordLimits } from "../../formats/mindrecord/header.js";

/**
 * The files of a MindRecord dataset, as FileWriter names them: the name itself for one shard, else the name and the
 * number of the shard, with as many digits as the largest one. Each has its index beside it: the name and `.db`.
 */
export function shardPaths(path: string, shards: number): string[] {
  if (shards === 1) return [path];
  const digits = String(shards - 1).length;
  return Array.from({ length: shards }, (_, i) => `${path}${String(i).padStart(digits, "0")}`);
}

/**
 * Whether a file name may be one of a dataset's, with any number of shards: data, index, or the lengths that are kept
 * while both are written.
 */
export function isOfDataset(name: string, path: string): boolean {
  const own = basename(path);
  return name.startsWith(own) && /^\d{0,3}(?:\.db|\.lengths)?$/.test(name.slice(own.length));
}

/** Throws ARGUMENT_INVALID for names and counts that MindSpore refuses. `call` begins the message. */
export function checkShards(call: string, path: string, shards: number): void {
  const name = basename(path);
  if (/[\\/:*?"<>|`&';]/.test(name) || name !== name.trim() || name === "") {
    const rule = "a file name without \\ / : * ? \" < > | ` & ' ; and without spaces around it";
    throw argument(
      `${call}: expected ${rule}, found ${JSON.stringify(name)}`,
      `write for example ${JSON.stringify(join(dirname(path), "tokens.mindrecord"))}`,
    );
  }
  const { shards: most } = mindRecordLimits;
  if (!Number.isInteger(shards) || shards < 1 || shards > most)
    throw argument(
      `${call} option shards: expected a whole number from 1 to ${most}, ` + `found ${shownValue(shards)}`,
      "write for example shards: 8",
    );
}

export function argument(message: string, hint: string): LabError {
  return new LabError("ARGUMENT_INVALID", message, { hint });
}

/** The name of the dataset that a shard belongs to: without the digits that were added. */
export function datasetPath(folder: string, shards: readonly string[]): string {
  const [first = ""] = shards;
  const digits = shards.length === 1 ? 0 : String(shards.length - 1).length;
  return join(folder, digits === 0 ? first : first.slice(0, -digits));
}
