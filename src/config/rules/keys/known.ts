import type { FixStep } from "../../../core/error.js";
import { editDistance, suggestName } from "../../../core/options/option-names.js";
import { homeOf, sectionPaths } from "../../keys/catalog.js";
import { callbackKeys } from "../../keys/sections/callback-sections.js";
import { gptDatasetKeys, megatronLoaderKeys } from "../../keys/sections/data-sections.js";
import type { KeyInfo, Keys, SectionInfo } from "../../keys/sections/key.js";
import { isSection, nodeAt } from "../../text/values.js";
import { byHand, type Cure, renameTo, setTo } from "../cure.js";
import { error } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";
import { valueKindRules } from "./kinds.js";
import { givenToCallbacks } from "./overruled.js";

const open = (keys: Keys): SectionInfo => ({ keys, strict: false });
const anyKey: KeyInfo = { types: ["any"], default: undefined, meaning: "" };
const anyCallback = open({ type: anyKey, ...Object.assign({}, ...Object.values(callbackKeys)) });

/**
 * What the catalog knows, and also where the section's `type` itself is missing or misspelled: then the keys of all
 * types are known. Sections that belong to other types (Hugging Face data, other callbacks) stay unknown.
 */
function knownSection(path: string, { get, section }: RuleContext): SectionInfo | undefined {
  const known = section(path);
  if (known !== undefined) return known;
  const type = get(`${path}.type`);
  if (/^callbacks\.\d+$/.test(path))
    return type === undefined || nearType(type, Object.keys(callbackKeys)) ? anyCallback : undefined;
  if (path === "train_dataset.data_loader" && (type === undefined || nearType(type, [megatron])))
    return open(megatronLoaderKeys);
  if (path === "train_dataset.data_loader.config") {
    const loader = get("train_dataset.data_loader.type");
    if (loader === undefined || nearType(loader, [megatron])) return open(gptDatasetKeys);
  }
  return path === "model" ? open({ model_config: anyKey, arch: anyKey, type: anyKey }) : undefined;
}

const megatron = "BlendedMegatronDatasetDataLoader";

function nearType(type: unknown, names: readonly string[]): boolean {
  return typeof type === "string" && !names.includes(type) && suggestName(type, names) !== undefined;
}

interface Misplaced {
  readonly path: string;
  readonly name: string;
  readonly parent: string;
  readonly near: string | undefined;
}

const has = (keys: object | undefined, name: string): boolean => keys !== undefined && Object.hasOwn(keys, name);

/** The callback of the configuration to which a key belongs. */
function callbackHome(name: string, parent: string, { get }: RuleContext): string | undefined {
  const callbacks = get("callbacks");
  if (!Array.isArray(callbacks) || !(parent === "" || parent.startsWith("callbacks."))) return undefined;
  const index = (callbacks as unknown[]).findIndex((callback) => {
    const type = isSection(callback) ? callback.type : undefined;
    // What the trainer gives to a callback has no effect there.
    return typeof type === "string" && has(callbackKeys[type], name) && !has(givenToCallbacks[type], name);
  });
  return index < 0 ? undefined : `callbacks.${index}.${name}`;
}

/** The types of callbacks that know a key, where no callback of the configuration does. */
function ownersOf(name: string, parent: string): string | undefined {
  if (!parent.startsWith("callbacks.")) return undefined;
  const owners = Object.keys(callbackKeys).filter((type) => Object.hasOwn(callbackKeys[type] ?? {}, name));
  if (owners.length === 0) return undefined;
  return `${name} is a key of the callback ${owners.slice(0, 3).join(" or ")}: add one, or remove ${name}`;
}

/** Move it if it belongs elsewhere; rename it if the right name is free; else only the user knows. */
function cureOf({ path, name, parent, near }: Misplaced, context: RuleContext): Cure {
  const inside = (key: string): string => (parent === "" ? key : `${parent}.${key}`);
  const inCallback = callbackHome(name, parent, context);
  const home = (parent === "" ? undefined : inCallback) ?? homeOf(name) ?? inCallback;
  // The same name elsewhere says more than a similar one here, unless a single letter differs.
  if (near !== undefined && (home === undefined || editDistance(name, near) === 1)) {
    const hint = `did you mean ${inside(near)}?`;
    return context.get(inside(near)) === undefined ? renameTo(path, near, hint) : byHand(hint);
  }
  if (home === undefined) return byHand(ownersOf(name, parent) ?? `remove ${path}, or check its spelling`);
  const hint = `did you mean ${home}?`;
  const value = context.get(path);
  const free = context.get(home) === undefined && !isSection(value) && nodeAt(context.root, path)?.kind !== "alias";
  const fix: FixStep[] = [
    { kind: "set", path: home, value },
    { kind: "unset", path },
  ];
  return free ? { hint, fix } : { hint };
}

/** Sections whose keys are handed to a constructor without room for others. */
function takesOnlyItsOwn(section: string): boolean {
  return section === "optimizer" || /^callbacks\.\d+$/.test(section);
}

function* unknownKeys(context: RuleContext): Generator<RuleFinding> {
  const sections = new Map<string, SectionInfo | undefined>();
  for (const { path, parent, name } of context.places) {
    if (!sections.has(parent)) sections.set(parent, knownSection(parent, context));
    const section = sections.get(parent);
    const explained = name === "random_seed" && parent.endsWith("data_loader.config");
    if (section === undefined || explained || Object.hasOwn(section.keys, name)) continue;
    const near = suggestName(name, Object.keys(section.keys));
    const where = parent === "" ? "at the top" : `in ${parent}`;
    const refused = section.strict || takesOnlyItsOwn(parent);
    // A whole section that has no effect: nothing of what is written there happens.
    const lost = parent === "" && near !== undefined && sectionPaths.includes(near) && isSection(context.get(path));
    yield {
      severity: refused || lost ? "error" : "warning",
      path,
      atKey: true,
      message:
        `${name}: ` +
        `MindFormers has no such ${lost ? "section" : "key"} ${where}` +
        `${refused ? " and refuses to start" : ", so it has no effect"}`,
      ...cureOf({ path, name, parent, near }, context),
    };
  }
}

/** Keys that MindFormers demands in a section that is written. */
const demanded: readonly (readonly [section: string, key: string, value: unknown])[] = [
  ["trainer", "type", "CausalLanguageModelingTrainer"],
  ["train_dataset_task", "type", "CausalLanguageModelDataset"],
  ["runner_wrapper", "type", "MFTrainOneStepCell"],
  ["optimizer", "type", "AdamW"],
  ["lr_schedule", "type", "CosineWithWarmUpLR"],
  ["model", "model_config", undefined],
];

function* missingKeys({ get }: RuleContext): Generator<RuleFinding> {
  for (const [section, name, value] of demanded) {
    const values = get(section);
    if (!isSection(values) || Object.keys(values).length === 0 || values[name] !== undefined) continue;
    const cure = value === undefined ? byHand(`write ${section}.${name}`) : setTo(`${section}.${name}`, value);
    yield error([`${section}.${name}`, `MindFormers requires ${name} in ${section}, found none`], cure);
  }
  const callbacks = get("callbacks");
  if (!Array.isArray(callbacks)) return;
  for (const [index, callback] of (callbacks as unknown[]).entries())
    if (isSection(callback) && callback.type === undefined)
      yield error(
        [`callbacks.${index}.type`, "MindFormers requires type in every callback, found none"],
        byHand(`for example config.set("callbacks.${index}.type", "MFLossMonitor")`),
      );
}

/** A type that is almost the name of a known one. */
function* misspelledTypes({ get }: RuleContext): Generator<RuleFinding> {
  const known: [string, readonly string[]][] = [
    [
      "train_dataset.data_loader.type",
      [megatron, "MindDataset", "HFDataLoader", "CommonDataLoader", "MultiSourceDataLoader", "TFRecordDataset"],
    ],
    ["trainer.type", ["CausalLanguageModelingTrainer", "GeneralTaskTrainer"]],
    ["train_dataset_task.type", ["CausalLanguageModelDataset", "GeneralDataset"]],
    ["runner_wrapper.type", ["MFTrainOneStepCell", "MFPipelineWithLossScaleCell"]],
    ["optimizer.type", ["AdamW", "FusedAdamW", "PmaAdamW", "FusedPmaAdamW", "Muon", "Came"]],
    [
      "lr_schedule.type",
      [
        "ConstantWarmUpLR",
        "ConstantWithCoolDownLR",
        "LinearWithWarmUpLR",
        "CosineWithWarmUpLR",
        "CosineWithRestartsAndWarmUpLR",
        "PolynomialWithWarmUpLR",
        "CosineAnnealingLR",
        "CosineAnnealingWarmRestarts",
        "WarmUpStableDecayLR",
        "LearningRateWiseLayer",
      ],
    ],
  ];
  const callbacks = get("callbacks");
  if (Array.isArray(callbacks))
    for (const index of callbacks.keys()) known.push([`callbacks.${index}.type`, Object.keys(callbackKeys)]);
  for (const [path, names] of known) {
    const value = get(path);
    if (typeof value !== "string" || names.some((name) => name.toLowerCase() === value.toLowerCase())) continue;
    const near = suggestName(value, names);
    if (near === undefined || near.length - value.length > 4 || value.length - near.length > 4) continue;
    yield error([path, `${value}: MindFormers has no such type`], setTo(path, near));
  }
}

export const keyRules: readonly Rule[] = [
  {
    id: "unknown-key",
    about: "every key is known in its section",
    engine: "ignores",
    cure: true,
    check: unknownKeys,
  },
  {
    id: "missing-key",
    about: "sections have the keys that MindFormers requires",
    engine: "refuses",
    cure: true,
    check: missingKeys,
  },
  {
    id: "misspelled-type",
    about: "types are written as MindFormers registers them",
    engine: "refuses",
    cure: true,
    check: misspelledTypes,
  },
  ...valueKindRules,
];
