import { CheckpointError, type Issue } from "../../../core/error.js";
import { type FileAccess, readSmallText } from "../files/file-access.js";
import { formatOfName } from "../files/tensor-file.js";
import { issue } from "./finding.js";
import { type PartsOptions, readParts } from "./read-parts.js";
import type { CheckpointLayout, PointPart, SavedPoint } from "./saved-point.js";

const indexLimit = 256 * 1024 * 1024;
const usualNames = ["model.safetensors.index.json", "param_name_map.json", "model.safetensors"];

/** The files of a whole model in one folder, with or without an index; undefined if there are none. */
export async function flatPoint(folder: string, options: PartsOptions): Promise<SavedPoint | undefined> {
  const { files } = options;
  const names = (await files.list(folder)) ?? (await usualFiles(folder, options));
  const index =
    names.find((name) => name.endsWith(".safetensors.index.json")) ??
    names.find((name) => name === "param_name_map.json");
  if (index !== undefined) return indexedPoint(folder, index, options);
  const paths = names.filter((name) => formatOfName(name) !== undefined).sort();
  if (paths.length === 0) return undefined;
  return point({ layout: "files", folder, paths: paths.map((name) => files.join(folder, name)) }, options);
}

/** Tensors that the index says a file holds, and its header does not name: another revision, or a cut transfer. */
function missingTensors(
  weightMap: ReadonlyMap<string, string>,
  parts: readonly PointPart[],
  placeOf: (file: string) => string,
): Issue[] {
  const wanted = new Map<string, string[]>();
  for (const [name, file] of weightMap) {
    const path = placeOf(file);
    const names = wanted.get(path);
    if (names) names.push(name);
    else wanted.set(path, [name]);
  }
  return parts.flatMap(({ path, header }) => {
    if (header === undefined) return [];
    const held = new Set(header.tensors.map(({ name }) => name));
    const missing = (wanted.get(path) ?? []).filter((name) => !held.has(name));
    if (missing.length === 0) return [];
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : "";
    const message = `expected ${missing.slice(0, 3).join(", ")}${more}, as the index says, found no such tensors`;
    const hint = "copy the file and the index again from the same place";
    return [issue("error", "checkpoint-index-tensor", { path, message, hint })];
  });
}

/** One file that is a whole checkpoint. */
export async function filePoint(path: string, options: PartsOptions): Promise<SavedPoint> {
  const folder = path.replace(/\/[^/]*$/, "");
  return point({ layout: "files", folder, paths: [path] }, options);
}

async function usualFiles(folder: string, { files }: PartsOptions): Promise<string[]> {
  const found: string[] = [];
  for (const name of usualNames) if ((await files.kind(files.join(folder, name))) === "file") found.push(name);
  return found;
}

/**
 * Hugging Face's `*.safetensors.index.json`, and MindSpore's `param_name_map.json`: both have a `weight_map` of file
 * by tensor.
 */
async function indexedPoint(folder: string, index: string, options: PartsOptions): Promise<SavedPoint> {
  const { files } = options;
  const path = files.join(folder, index);
  const weightMap = parseIndex(path, (await readSmallText(files, path, indexLimit)) ?? "");
  const listed = [...new Set(weightMap.values())].sort();
  const unified = index === "param_name_map.json";
  const hyper = unified && (await files.kind(files.join(folder, "hyper_param.safetensors"))) === "file";
  const names = hyper ? [...listed, "hyper_param.safetensors"] : listed;
  const paths = names.map((name) => joined(files, folder, name));
  return point({ layout: unified ? "unified" : "huggingface", folder, paths, weightMap }, options);
}

function parseIndex(path: string, text: string): ReadonlyMap<string, string> {
  const fail = (what: string, hint = "copy the index again from its source") =>
    new CheckpointError("CHECKPOINT_INDEX_INVALID", `${path}: ${what}`, { hint, details: { file: path } });
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw fail(`expected JSON, found ${error instanceof Error ? error.message : error}`);
  }
  const map = typeof root === "object" && root !== null ? (root as Record<string, unknown>).weight_map : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw fail("expected an object weight_map");
  const entries = Object.entries(map);
  if (entries.length === 0)
    throw fail(
      "expected at least one tensor in weight_map, found none",
      "copy the index again from its source; without an index, every tensor file in the folder is read",
    );
  const wrong = entries.find(([, file]) => typeof file !== "string" || !isInside(file));
  if (wrong) {
    const expected = "expected a file name, or a path below the folder";
    throw fail(`tensor ${JSON.stringify(wrong[0])}: ${expected}, found ${JSON.stringify(wrong[1])}`);
  }
  return new Map(entries as [string, string][]);
}

/** True for a file in the folder of the index or in one below it. */
function isInside(file: string): boolean {
  return !/[\\\0]/.test(file) && file.split("/").every((name) => name !== "" && name !== "." && name !== "..");
}

function joined(files: FileAccess, folder: string, path: string): string {
  return path.split("/").reduce((place, name) => files.join(place, name), folder);
}

interface FlatFiles {
  readonly layout: CheckpointLayout;
  readonly folder: string;
  readonly paths: readonly string[];
  readonly weightMap?: ReadonlyMap<string, string>;
}

async function point({ layout, folder, paths, weightMap }: FlatFiles, options: PartsOptions): Promise<SavedPoint> {
  const read = await readParts(
    paths.map((path) => ({ rank: 0, path })),
    options,
  );
  const parts = read.filter((part): part is PointPart => part !== undefined);
  const issues: Issue[] = paths
    .filter((_, at) => read[at] === undefined)
    .map((path) => {
      const what =
        weightMap === undefined ? "a file, found a link to nothing" : "the file that the index names, found nothing";
      const message = `expected ${what}`;
      return issue("error", "checkpoint-file-missing", { path, message, hint: "copy the file again from the source" });
    });
  if (weightMap !== undefined)
    issues.push(...missingTensors(weightMap, parts, (file) => joined(options.files, folder, file)));
  return {
    layout,
    folder,
    epoch: undefined,
    step: undefined,
    parts,
    common: undefined,
    metadataPath: undefined,
    weightMap,
    issues,
  };
}
