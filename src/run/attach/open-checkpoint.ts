import type { Checkpoint } from "../../checkpoint/open/checkpoint.js";
import type { Checkpoints } from "../../checkpoint/open/checkpoints.js";
import {
  type OpenCheckpointOptions,
  type OpenCheckpointsOptions,
  openCheckpoints as openAllHere,
  openCheckpoint as openHere,
} from "../../checkpoint/open/open.js";
import { isRunAddress, parseRunAddress } from "./address.js";
import { nodeAt } from "./attach.js";
import { nodeFiles } from "./node-files.js";

/**
 * Opens one checkpoint: a `.safetensors` or `.ckpt` file, a folder in any layout that MindFormers, MindSpore or
 * Hugging Face write, or the address of such a file or folder: `http://…` of a server that answers ranges, or
 * `ssh://host/path` of a machine that ssh reaches. Of a folder with several points the newest complete one. Reads
 * headers only.
 * @throws CheckpointError CHECKPOINT_NONE if there is nothing to read; FormatError if the one file is damaged;
 * NODE_UNREACHABLE with ssh's own reason.
 *
 * @example
 * const checkpoint = await openCheckpoint("model.safetensors");
 * await checkpoint.tensors();
 */
export async function openCheckpoint(path: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  const place = placeOf(path, options);
  return openHere(place.path, place.options);
}

/**
 * Opens all points that a training saved: the folder that holds `rank_0`, `rank_1`, … or `iteration_…`, the engine's
 * output folder, or a run's folder; `ssh://host/path` for one on another machine. Reads headers only; open it again to
 * see what a running training saved meanwhile.
 * @throws CheckpointError CHECKPOINT_NONE if there is nothing to read; NODE_UNREACHABLE with ssh's own reason.
 *
 * @example
 * const checkpoints = await openCheckpoints((await openRun("first")).checkpointDir);
 * const last = checkpoints.latestComplete();
 * await last.tensors({ match: "*.layers.0.*" });
 */
export async function openCheckpoints(folder: string, options: OpenCheckpointsOptions = {}): Promise<Checkpoints> {
  const place = placeOf(folder, options);
  return openAllHere(place.path, place.options);
}

function placeOf<Options extends OpenCheckpointOptions>(path: string, options: Options) {
  const { sshConfig, python, ...rest } = options;
  if (!isRunAddress(path) || options.files !== undefined) return { path, options: rest };
  const address = parseRunAddress(path, { what: "checkpoint", verb: "openCheckpoint" });
  const prefix = `ssh://${address.host.text}`;
  const reach = { ...(sshConfig !== undefined && { sshConfig }), ...(python !== undefined && { python }) };
  const files = nodeFiles(prefix, () => nodeAt(address, reach));
  return { path: `${prefix}${address.folder}`, options: { ...rest, files } };
}
