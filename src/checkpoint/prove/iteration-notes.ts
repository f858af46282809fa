import type { Issue } from "../../core/error.js";
import { elementTypeOf } from "../../formats/mindspore-ckpt/tensor-types.js";
import { readSmallText } from "../read/files/file-access.js";
import type { DescribedTensor, IterationMetadata } from "../read/files/metadata-json.js";
import { kindOf } from "../read/kind.js";
import { iterationFolder, iterationOfFolder, trackerName } from "../read/points/file-name.js";
import { issue } from "../read/points/finding.js";
import type { StoredPoint } from "../read/stored-point.js";
import type { GlobalTensor, TensorPart } from "../read/tensor-index.js";

const smallText = 16 * 1024 * 1024;
const copyAgain = "copy the folder again from where it was saved";

/** Fields of MindFormers' `CommonInfo`; it refuses any other. */
const commonFields = ["epoch_num", "step_num", "global_step", "loss_scale", "global_batch_size", "ckpt_status"];

/** Compares `common.json` and the tracker above the folder with the folder's own number. */
export async function iterationNoteIssues(stored: StoredPoint): Promise<Issue[]> {
  const { files } = stored.options;
  const { folder, issues } = stored.point;
  const number = iterationOfFolder(folder.split("/").at(-1) ?? "");
  const path = files.join(folder, "common.json");
  const text = await readSmallText(files, path, smallText).catch(() => undefined);
  const common = text === undefined ? undefined : parsed(text);
  const found = common === undefined ? [] : commonIssues(path, common, number);
  if (number === undefined || issues.some(({ rule }) => rule === "checkpoint-tracker")) return found;
  return [...found, ...(await trackerIssues(stored, number))];
}

/** Undefined for what is no JSON: opening the folder has found that. */
function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return undefined;
  }
}

function commonIssues(path: string, common: Readonly<Record<string, unknown>>, number: number | undefined): Issue[] {
  const fail = (message: string) => issue("error", "checkpoint-common", { path, message, hint: copyAgain });
  const issues: Issue[] = [];
  for (const name of ["epoch_num", "step_num"]) {
    const value = common[name];
    if (Number.isSafeInteger(value)) continue;
    issues.push(fail(`${name}: expected a whole number, found ${JSON.stringify(value) ?? "nothing"}`));
  }
  const step = common.step_num;
  if (number !== undefined && Number.isSafeInteger(step) && step !== number)
    issues.push(fail(`step_num: expected ${number}, as the folder's name says, found ${step}`));
  const unknown = Object.keys(common).filter((name) => !commonFields.includes(name));
  if (unknown.length > 0)
    issues.push(fail(`expected the fields ${commonFields.join(", ")}, found ${unknown.slice(0, 5).join(", ")} too`));
  return issues;
}

async function trackerIssues({ options: { files }, point: { folder } }: StoredPoint, number: number): Promise<Issue[]> {
  const above = folder.slice(0, folder.lastIndexOf("/"));
  const path = files.join(above, trackerName);
  const text = await readSmallText(files, path, smallText).catch(() => undefined);
  if (text === undefined) return [];
  const fail = (severity: "error" | "warning", message: string) => [
    issue(severity, "checkpoint-tracker", { path, message, hint: `write ${number} into the file to resume from here` }),
  ];
  const latest = /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
  if (latest === undefined) {
    return fail("error", `expected the number of an iteration, found ${JSON.stringify(text.slice(0, 80))}`);
  }
  if (latest < number) return fail("error", `expected ${number} or more, found ${latest}: the save may not have ended`);
  const newest = files.join(above, iterationFolder(latest));
  if ((await files.kind(newest)) === "folder") return [];
  return fail("warning", `expected the folder ${iterationFolder(latest)}, which it names, found nothing`);
}

interface Difference {
  readonly file: string;
  readonly expected: string;
  readonly found: string;
  readonly tensor: string;
}

/**
 * Compares `metadata.json` with the tensors that the files hold: files and tensors that it names and that are not
 * there, others that it does not name, other shapes and types.
 */
export function metadataIssues(
  stored: StoredPoint,
  metadata: IterationMetadata | undefined,
  index: ReadonlyMap<string, GlobalTensor>,
): Issue[] {
  const { point } = stored;
  if (metadata === undefined) return missingMetadata(stored, index);
  const held = new Map(point.parts.map(({ path }) => [nameOf(path), new Set<string>()]));
  const differences: Difference[] = [];
  for (const tensor of index.values()) {
    const described = metadata.tensors.get(tensor.name);
    const shapes = new Set(described?.chunks.map(({ shape }) => shape.join(", ")));
    for (const part of tensor.parts) {
      const file = nameOf(part.file.path);
      held.get(file)?.add(tensor.name);
      const isPlaced = metadata.offsetOf.get(tensor.name)?.has(file) ?? false;
      const found = differenceOf({ part, shapes, ...(isPlaced && { described }) });
      // Counters need no place: they are the same on all ranks.
      if (found && (isPlaced || tensor.kind !== "state")) differences.push({ file, tensor: tensor.name, ...found });
    }
  }
  const readable = new Set(stored.readable().map(({ path }) => nameOf(path)));
  for (const [tensor, files] of metadata.offsetOf) {
    if (isOfStep(tensor)) continue;
    for (const file of files.keys()) {
      const names = held.get(file);
      if (names?.has(tensor) || (names !== undefined && !readable.has(file))) continue;
      const found = names === undefined ? "no such file" : "a file without it";
      differences.push({ file, tensor, expected: "the tensors that it places there", found });
    }
  }
  return grouped(point.folder, stored, differences);
}

interface Held {
  readonly part: TensorPart;
  /** Shapes of the tensor's slices as texts. */
  readonly shapes: ReadonlySet<string>;
  /** Undefined if nothing places the tensor in this file. */
  readonly described?: DescribedTensor | undefined;
}

function differenceOf({
  part: { entry },
  shapes,
  described,
}: Held): Pick<Difference, "expected" | "found"> | undefined {
  if (described === undefined) return { expected: "a place for each tensor of the file", found: "none" };
  const own = entry.shape.join(", ");
  // MindFormers describes a scalar as a list of one.
  const isOne = entry.elements === 1 && (shapes.has("") || shapes.has("1"));
  if (!shapes.has(own) && !isOne) {
    const expected = shapes.size === 0 ? "no slice" : `[${[...shapes].slice(0, 3).join("] or [")}]`;
    return { expected, found: `[${own}]` };
  }
  const type = described.dtype === undefined ? undefined : elementTypeOf(described.dtype);
  return type === undefined || type === entry.dtype
    ? undefined
    : { expected: `${described.dtype}`, found: entry.dtype };
}

/** One finding for all tensors of a file that differ in the same way. */
function grouped(folder: string, { options: { files } }: StoredPoint, differences: readonly Difference[]): Issue[] {
  const groups = new Map<string, Difference[]>();
  for (const difference of differences) {
    const key = JSON.stringify([difference.file, difference.expected, difference.found]);
    const group = groups.get(key);
    if (group) group.push(difference);
    else groups.set(key, [difference]);
  }
  return [...groups.values()].map((group) => {
    const { file, expected, found } = group[0] as Difference;
    const names = group.slice(0, 3).map(({ tensor }) => JSON.stringify(tensor));
    const more = group.length > 3 ? ` and ${group.length - 3} more` : "";
    const message = `metadata.json: ${names.join(", ")}${more}: expected ${expected}, found ${found}`;
    const text = { path: files.join(folder, file), message, hint: copyAgain };
    return issue("error", "checkpoint-metadata", text);
  });
}

/** Without `metadata.json` MindFormers takes every file for whole tensors, and refuses a name that two files hold. */
function missingMetadata({ point }: StoredPoint, index: ReadonlyMap<string, GlobalTensor>): Issue[] {
  const twice = [...index.values()].find(({ parts }) => parts.length > 1);
  if (twice === undefined) return [];
  const path = `${point.folder}/metadata.json`;
  const message =
    `expected the places of ${JSON.stringify(twice.name)}, which ${twice.parts.length} files hold, found no file: ` +
    "MindFormers ends the load with “Duplicate parameter_name found”";
  return [issue("error", "checkpoint-metadata", { path, message, hint: copyAgain })];
}

/** Values of the training step itself, such as the last losses: MindFormers describes them and saves them nowhere. */
function isOfStep(name: string): boolean {
  return kindOf(name) === "state" || name.includes("accu_grads");
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
