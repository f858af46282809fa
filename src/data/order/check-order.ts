import { resolve } from "node:path";
import type { Config } from "../../config/config.js";
import { dataLoaderPath } from "../../config/keys/data-path.js";
import { type FixStep, type Issue, isLabError, LabError } from "../../core/error.js";
import { formatBytes } from "../../core/units.js";
import { impossible } from "../gpt-index/epochs.js";
import { planPart } from "../gpt-index/part-plan.js";
import { type CountedDataset, sizePart } from "../gpt-index/part-size.js";
import { type SplitName, splitNames } from "../gpt-index/split.js";
import { engineIndexBytes, indexSum } from "./index-memory.js";
import { type LoaderSettings, readLoaderSection, requireSection } from "./loader-settings.js";
import { countedLengths, SourceFiles } from "./source-files.js";

const rule = "data-order";

/** Settings of the loader itself; all others are in its section `config`. */
const loaderKeys: readonly string[] = ["sizes", "phase", "shuffle", "config"];

export interface CheckOrderOptions {
  /** Memory of the machine that the run's processes share, in bytes; undefined if it is not known. */
  readonly memory?: number | undefined;
}

/**
 * Whether the engine can build the indices of every part that a run reads: it builds train, valid, and test of a
 * loader, also those that nobody trains on. Reads the lengths of all sequences (4 bytes each); files that are not
 * there are left to other checks. Findings carry the arithmetic of the refusal and the line that cures it.
 */
export async function checkDataOrder(config: Config, options: CheckOrderOptions = {}): Promise<Issue[]> {
  const loaders = [dataLoaderPath, ...(config.get("do_eval") === true ? ["eval_dataset.data_loader"] : [])];
  const found: Issue[] = [];
  const counted = new Map<string, CountedDataset | undefined>();
  for (const loader of loaders) {
    if (config.get(`${loader}.type`) !== "BlendedMegatronDatasetDataLoader") continue;
    found.push(...(await checkLoader(config, { loader, counted, ...options })));
  }
  return found;
}

interface LoaderPlace extends CheckOrderOptions {
  readonly loader: string;
  /** Datasets by prefix; undefined: the file is not there. */
  readonly counted: Map<string, CountedDataset | undefined>;
}

async function checkLoader(config: Config, place: LoaderPlace): Promise<Issue[]> {
  const { loader } = place;
  const phase = config.get(`${loader}.phase`) ?? "train";
  const wanted = splitNames.find((name) => name === phase);
  try {
    if (wanted === undefined) throw wrongPhase(phase);
    const section = requireSection(config.get(`${loader}.config`));
    const settings = readLoaderSection({
      sizes: config.get(`${loader}.sizes`),
      // The order of an evaluation's samples has no effect.
      shuffle: loader === dataLoaderPath ? config.get(`${loader}.shuffle`) : undefined,
      config: section,
    });
    const found: Issue[] = [];
    for (const part of splitNames) {
      try {
        found.push(...(await checkPart(settings, part, { ...place, wanted: part === wanted })));
      } catch (error) {
        const issue = issueOf(error, loader);
        // What is wrong with a setting is the same for every part.
        if (!found.some(({ path, message }) => path === issue.path && message === issue.message)) found.push(issue);
      }
    }
    return found;
  } catch (error) {
    return [issueOf(error, loader)];
  }
}

async function checkPart(
  settings: LoaderSettings,
  part: SplitName,
  { loader, counted, memory, wanted }: LoaderPlace & { readonly wanted: boolean },
): Promise<Issue[]> {
  const plan = planPart(settings, part);
  if (plan === undefined) {
    if (wanted) throw noData(part);
    return [];
  }
  const datasets: (CountedDataset | undefined)[] = [];
  for (const { identity } of plan.datasets) datasets.push(await countedOnce(identity.prefix, counted));
  if (datasets.includes(undefined)) return [];
  const size = sizePart(plan, datasets as CountedDataset[]);
  const bytes = engineIndexBytes(size);
  if (memory === undefined || bytes <= memory) return [];
  const message =
    `${part}: every process needs ${formatBytes(bytes)} for the indices (${indexSum(size)}), ` +
    `the machine has ${formatBytes(memory)}`;
  const asked = settings.sizes.map((samples, i) =>
    splitNames[i] === part && samples !== undefined ? Math.floor((samples * memory) / bytes) : (samples ?? null),
  );
  const path = `${loader}.sizes`;
  return [{ severity: "error", rule, path, message, hint: `config.set("${path}", ${JSON.stringify(asked)})` }];
}

async function countedOnce(prefix: string, counted: LoaderPlace["counted"]): Promise<CountedDataset | undefined> {
  const path = resolve(prefix);
  if (!counted.has(path)) counted.set(path, await openCounted(prefix));
  return counted.get(path);
}

async function openCounted(prefix: string): Promise<CountedDataset | undefined> {
  try {
    return countedLengths(await SourceFiles.open(prefix));
  } catch (error) {
    if (error instanceof LabError && error.code === "FILE_MISSING") return undefined;
    throw error;
  }
}

/** The part that the run reads has no data. */
export function noData(part: SplitName): LabError {
  return impossible(`part ${part}: expected data, found none in data_path and split`, {
    hint: 'give the part a share, for example split: "98, 1, 1"',
    set: ["split", part === "train" ? "1, 0, 0" : undefined],
  });
}

/** The engine ends with "Unsupported blend dataset phase". */
function wrongPhase(phase: unknown): LabError {
  return impossible(`phase: expected "train", "valid", or "test", found ${JSON.stringify(phase)}`, {
    hint: 'write phase: "train"',
    set: ["phase", "train"],
  });
}

/** A refusal as a finding. */
function issueOf(error: unknown, loader: string): Issue {
  if (!isLabError(error)) throw error;
  const { setting = "data_path", value } = error.details as { readonly setting?: string; readonly value?: unknown };
  const path = `${loader}.${loaderKeys.includes(setting) ? setting : `config.${setting}`}`;
  const finding = { severity: "error", rule, path, message: error.message } as const;
  if (value === undefined)
    return { ...finding, hint: error.hint || "copy the dataset again, or run prepareData again" };
  const fix: FixStep[] = [{ kind: "set", path, value }];
  return { ...finding, hint: `config.set("${path}", ${JSON.stringify(value)})`, fix };
}
