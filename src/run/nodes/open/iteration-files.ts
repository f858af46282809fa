import { basename } from "node:path";
import {
  type IterationFileName,
  iterationFolder,
  iterationNotes,
  parseIterationFileName,
  trackerName,
} from "../../../checkpoint/read/points/file-name.js";
import type { NodeFile } from "../node.js";
import { type FileAccess, problemOf, type SavedFile, type SavedFiles } from "./whole-file.js";

const saved = "output/checkpoint";
const tracker = `${saved}/${trackerName}`;

/** Kinds of files of which some are missing: `<prefix>-<kind>-<index>-<total>.safetensors` from 0 to total − 1. */
function gaps(names: readonly IterationFileName[]): string[] {
  if (!names.some(({ kind }) => kind === "model")) return ["no model file"];
  return (["model", "opt"] as const).flatMap((kind) => {
    const ofKind = names.filter((name) => name.kind === kind);
    const [first] = ofKind;
    if (first === undefined || ofKind.length === first.total) return [];
    return [`expected ${first.total} ${kind} files, found ${ofKind.length}`];
  });
}

/**
 * Looks at the folder of one iteration of the 1.9 layout. All ranks write into it, so storage is shared (MindFormers
 * refuses any other) and one node sees all files. The tracker is written last.
 */
export async function lookAtIteration(
  step: number,
  { node, ranks }: { readonly node: FileAccess; readonly ranks: number },
): Promise<SavedFiles> {
  const all = await node.list(`${saved}/${iterationFolder(step)}/*`);
  const named = all.flatMap((file) => {
    const name = parseIterationFileName(basename(file.path));
    return name === undefined ? [] : [{ name, file }];
  });
  const problems = gaps(named.map(({ name }) => name));
  const files: SavedFile[] = [];
  const add = (rank: number, { path, size }: NodeFile) => files.push({ rank, path, bytes: size });
  for (const { name, file } of named) {
    const problem = await problemOf(node, file);
    if (problem !== undefined) problems.push(`${name.kind} file ${name.index}: ${problem}`);
    add(name.index, file);
  }
  for (const wanted of iterationNotes) {
    const found = all.find(({ path }) => basename(path) === wanted);
    if (found !== undefined) add(0, found);
    else if (ranks > 1 || wanted === "common.json") problems.push(`no ${wanted}`);
  }
  const latest = await node.read(tracker, { offset: 0, length: 64 });
  const text = latest === undefined ? "no tracker" : Buffer.from(latest).toString("utf8").trim();
  if (!(Number.parseInt(text, 10) >= step)) problems.push(`tracker: expected ${step} or more, found ${text}`);
  return { complete: problems.length === 0, problems, files };
}
