import type { Clock } from "../../core/clock.js";
import { idMarker, runMarker } from "../record/layout.js";
import type { RunFile } from "../record/run-file.js";
import { LocalNode } from "./local.js";
import type { RunNode } from "./node.js";

/** Variable and value by which the processes of a run are found on a machine. */
export function markerOf(file: RunFile, folder: string): readonly [key: string, value: string] {
  return file.id === undefined ? [runMarker, folder] : [idMarker, file.id];
}

/** This machine as a node of the run. */
export function localNodeOf(file: RunFile, folder: () => string, clock?: Clock): LocalNode {
  const { node = "localhost", nodeRank = 0 } = file.commands[file.localNode] ?? {};
  return new LocalNode({ name: node, nodeRank, folder, marker: markerOf(file, folder()), ...(clock && { clock }) });
}

/** The nodes whose processes the supervisor of this folder starts and watches. */
export function openNodes(file: RunFile, folder: () => string): readonly RunNode[] {
  return [localNodeOf(file, folder)];
}
