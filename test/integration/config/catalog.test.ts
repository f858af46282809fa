import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allKeys, isStrict, sectionInfo, sectionPaths } from "../../../src/config/keys/catalog.js";
import { callbackKeys } from "../../../src/config/keys/sections/callback-sections.js";
import type { KeyInfo, Keys } from "../../../src/config/keys/sections/key.js";
import { modelKeys } from "../../../src/config/keys/sections/model-config.js";
import { typedKeys, typesOf } from "../../../src/config/keys/sections/optimizer-sections.js";
import { openConfig } from "../../../src/config/open.js";
import { sameValue } from "../../../src/config/text/values.js";
import { runPython } from "../../support/project-python.js";

interface Known {
  readonly types?: readonly string[];
  readonly default?: unknown;
}

interface Section {
  readonly strict?: boolean;
  readonly mapping?: Readonly<Record<string, string>>;
  readonly ignored?: readonly string[];
  readonly keys: Readonly<Record<string, Known>>;
}

interface MindFormers {
  readonly version: string;
  readonly sections: Readonly<Record<string, Section>>;
  readonly yaml: readonly (readonly [file: string, path: string, keys: readonly string[]])[];
}

let folder: string;
let theirs: MindFormers;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "catalog-"));
  theirs = await runPython<MindFormers>("integration/config/known_keys.py", [], folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** Arguments that MindFormers' builders give themselves; no YAML can. */
const given = new Set(["params", "model", "network", "optimizer", "cls", "dataset_config"]);

/** What is wrong about one of our keys, compared with MindFormers'. */
function* wrong(name: string, ours: KeyInfo | undefined, known: Known): Generator<string> {
  if (ours === undefined) {
    yield `${name}: missing`;
    return;
  }
  const object = typeof known.default === "object" && known.default !== null && "$object" in known.default;
  if ("default" in known && !object && !sameValue(ours.default, known.default))
    yield `${name}: default ${JSON.stringify(ours.default)} instead of ${JSON.stringify(known.default)}`;
  if ("default" in known && !object && known.default === null && !ours.types.some((t) => t === "null" || t === "any"))
    yield `${name}: does not allow null, which is its default`;
  for (const type of known.types ?? [])
    if (!ours.types.some((own) => own === type || own === "any" || (own === "float" && type === "int")))
      yield `${name}: does not allow ${type}`;
  if (ours.meaning === "") yield `${name}: has no meaning`;
}

function differences(ours: Keys, keys: Section["keys"], skipped: ReadonlySet<string> = given): string[] {
  return Object.entries(keys).flatMap(([name, known]) =>
    skipped.has(name) ? [] : [...wrong(name, ours[name], known)],
  );
}

function sectionsOf(prefix: string): (readonly [kind: string, section: Section])[] {
  return Object.entries(theirs.sections)
    .filter(([name]) => name.startsWith(`${prefix}:`))
    .map(([name, section]) => [name.slice(prefix.length + 1), section] as const);
}

test("the installed MindFormers is the version that the catalog is for", () => {
  expect(theirs.version).toBe("1.9.0");
});

describe("every key of MindFormers' configuration templates", () => {
  const templates = ["", "runner_config", "parallel_config", "recompute_config", "swap_config", "moe_config"].concat(
    ["monitor_config", "monitor_config.stable_rank_config", "parallel", "context", "runner_wrapper", "optimizer"],
    ["lr_schedule", "metric"],
  );
  test.each(templates)("%s is known with its type, default and meaning", (name) => {
    const section = theirs.sections[name] as Section;
    expect(Object.keys(section.keys).length).toBeGreaterThan(0);
    expect(differences(allKeys(name), section.keys)).toEqual([]);
  });

  test("no other key is known in a strict section, and strict are those that MindFormers has as strict", () => {
    for (const name of templates) {
      const section = theirs.sections[name] as Section;
      const nested = name === "monitor_config.stable_rank_config"; // its template is never applied
      if (!nested) expect(isStrict(name), name).toBe(section.strict === true);
      if (section.strict) expect(Object.keys(allKeys(name)).sort(), name).toEqual(Object.keys(section.keys).sort());
    }
  });
});

describe("every argument of the classes that a type names", () => {
  test.each(["optimizer", "lr_schedule", "runner_wrapper"])("%s is known with its type and default", (name) => {
    const kinds = sectionsOf(name).filter(([kind]) => kind !== "AdaptiveLossScaleUpdateCell"); // stands in scale_sense
    expect(kinds.length).toBeGreaterThanOrEqual(typesOf(name).length);
    for (const [kind, { keys }] of kinds) {
      const alias = { mf_wrapper: "MFTrainOneStepCell", pipeline_wrapper: "MFPipelineWithLossScaleCell" }[kind] ?? kind;
      expect(differences(typedKeys(name, alias), keys), kind).toEqual([]);
    }
    const registered = new Set(kinds.map(([kind]) => kind));
    expect(typesOf(name).filter((kind) => !registered.has(kind))).toEqual([]);
  });

  test("callbacks: every one with all its settings", () => {
    // hands everything on to MindSpore
    const kinds = sectionsOf("callbacks").filter(([kind]) => kind !== "SummaryMonitor");
    expect(kinds.length).toBeGreaterThan(10);
    for (const [kind, { keys }] of kinds) {
      expect(callbackKeys, kind).toHaveProperty([kind]);
      expect(differences(callbackKeys[kind] as Keys, keys), kind).toEqual([]);
    }
  });

  test("the Megatron loader, its configuration, the dataset and the checkpoint section", () => {
    const loader = theirs.sections["train_dataset.data_loader:BlendedMegatronDatasetDataLoader"] as Section;
    expect(differences(allKeys("train_dataset.data_loader"), loader.keys)).toEqual([]);
    for (const name of ["train_dataset.data_loader.config", "checkpoint"])
      expect(differences(allKeys(name), (theirs.sections[name] as Section).keys), name).toEqual([]);
    const names = Object.keys((theirs.sections.train_dataset as Section).keys).filter((name) => !given.has(name));
    expect(names.filter((name) => !Object.hasOwn(allKeys("train_dataset"), name))).toEqual([]);
  });

  test("context: what MindFormers 1.9 applies is current, what it only accepts is marked as past", () => {
    const keys = allKeys("context");
    const names = (name: string): string[] => Object.keys((theirs.sections[name] as Section).keys);
    const applied = names("context:applied");
    expect(applied.filter((name) => keys[name] === undefined || keys[name]?.until !== undefined)).toEqual([]);
    const elsewhere = new Set(Object.keys(allKeys("")));
    const accepted = names("context:supported").filter((name) => !applied.includes(name) && !elsewhere.has(name));
    expect(accepted.filter((name) => !Object.hasOwn(keys, name))).toEqual([]);
    const parallel = names("parallel:supported");
    expect(parallel.filter((name) => !Object.hasOwn(allKeys("parallel"), name))).toEqual([]);
  });
});

describe("every key of model.model_config", () => {
  const families = ["deepseek_v3", "qwen3", "qwen3_moe"] as const;

  test("the general transformer and latent attention: types and defaults of the dataclasses", () => {
    const general = theirs.sections["model.model_config:transformer"] as Section;
    expect(Object.keys(general.keys).length).toBeGreaterThan(150);
    expect(differences(modelKeys(undefined), general.keys)).toEqual([]);
    const latent = theirs.sections["model.model_config:mla"] as Section;
    const added = Object.entries(latent.keys).filter(([name]) => !Object.hasOwn(general.keys, name));
    expect(added.length).toBeGreaterThanOrEqual(10);
    expect(differences(modelKeys(undefined), Object.fromEntries(added))).toEqual([]);
  });

  test.each(families)(
    "%s: its configuration class, and every name that its converter translates or drops",
    (family) => {
      const { keys, mapping = {}, ignored = [] } = theirs.sections[`model.model_config:${family}`] as Section;
      const ours = modelKeys(family);
      expect(differences(ours, keys)).toEqual([]);
      expect(Object.keys(mapping).filter((name) => !Object.hasOwn(ours, name))).toEqual([]);
      expect(ignored.filter((name) => ours[name]?.until === undefined)).toEqual([]);
    },
  );
});

test("every key that MindFormers' own pre-training files use is known in its place", async () => {
  const unknown: string[] = [];
  for (const [file, path, keys] of theirs.yaml) {
    const config = await openConfig(file);
    const info = sectionInfo(path, (at) => config.get(at));
    if (info === undefined) continue;
    unknown.push(...keys.filter((name) => !Object.hasOwn(info.keys, name)).map((name) => `${path}.${name}`));
  }
  expect(new Set(theirs.yaml.map(([file]) => file)).size).toBeGreaterThanOrEqual(8);
  expect([...new Set(unknown)]).toEqual([]);
});

test("every key has types and a meaning, and a default that its types allow", () => {
  const kinds = (value: unknown): string[] => {
    if (value === null) return ["null"];
    if (Array.isArray(value)) return ["list"];
    if (typeof value === "number") return Number.isInteger(value) ? ["int", "float"] : ["float"];
    return [{ boolean: "bool", string: "string", object: "map" }[typeof value as string] ?? ""];
  };
  for (const section of sectionPaths)
    for (const [name, info] of Object.entries(allKeys(section))) {
      if (info.default === undefined || info.types.includes("any")) continue;
      expect(info.types, `${section}.${name}`).toEqual(expect.arrayContaining([expect.toBeOneOf(kinds(info.default))]));
    }
});
