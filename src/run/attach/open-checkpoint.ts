import type { Checkpoint } from "../../checkpoint/open/checkpoint.js";
import type { Checkpoints } from "../../checkpoint/open/checkpoints.js";
import {
  type OpenCheckpointOptions,
  type OpenCheckpointsOptions,
  openCheckpoints as openAllHere,
  openCheckpoint as openHere,
} from "../../checkpoint/open/open.js";
import { hasAll } from "../../core/arguments.js";
import { isRunAddress, parseRunAddress } from "./address.js";
import { nodeAt } from "./attach.js";
import { nodeFiles } from "./node-files.js";

/** The work behind `openCheckpoint` in `on-demand/checkpoint.ts`. */
export async function openCheckpoint(path: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  const place = placeOf(path, options);
  return openHere(place.path, place.options);
}

/** The work behind `openCheckpoints` in `on-demand/checkpoint.ts`. */
export async function openCheckpoints(folder: string, options: OpenCheckpointsOptions = {}): Promise<Checkpoints> {
  const place = placeOf(folder, options);
  return openAllHere(place.path, place.options);
}

function placeOf<Options extends OpenCheckpointOptions>(path: string, options: Options) {
  if (typeof path !== "string" || !hasAll(options)) return { path, options };
  const { sshConfig, python, ...rest } = options;
  if (!isRunAddress(path) || options.files !== undefined) return { path, options: rest };
  const address = parseRunAddress(path, { what: "checkpoint", verb: "openCheckpoint" });
  const prefix = `ssh://${address.host.text}`;
  const reach = { ...(sshConfig !== undefined && { sshConfig }), ...(python !== undefined && { python }) };
  const files = nodeFiles(prefix, () => nodeAt(address, reach));
  return { path: `${prefix}${address.folder}`, options: { ...rest, files } };
}
