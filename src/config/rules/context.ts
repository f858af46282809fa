import { readMesh } from "../../model/layout/mesh.js";
import { type ModelSection, modelNumber, otherNames } from "../../model/numbers.js";
import type { ReadValue } from "../../model/read-value.js";
import { keyLookup, sectionInfo } from "../keys/catalog.js";
import { dataLoaderPath } from "../keys/data-path.js";
import type { YamlNode } from "../text/nodes.js";
import { isSection, nodeAt, readValue } from "../text/values.js";
import { writtenPlaces } from "./places.js";
import type { CheckFacts, RuleContext } from "./rule.js";

/** Names of mid-2025 models that differ from those of 1.9. */
const legacyNames: Readonly<Record<string, readonly string[]>> = {
  num_attention_heads: ["num_heads", "n_head"],
  num_key_value_heads: ["num_query_groups", "n_kv_heads"],
  num_nextn_predict_layers: ["mtp_depth"],
  n_routed_experts: ["num_experts"],
};

function numberOf(model: ModelSection | undefined, name: string): number | undefined {
  if (model === undefined) return undefined;
  const other = legacyNames[name]?.map((key) => model[key]).find((value) => typeof value === "number");
  return typeof other === "number" ? other : modelNumber(model, name);
}

function pathOf(model: ModelSection | undefined, name: string): string {
  const names = [name, otherNames[name] ?? name, ...(legacyNames[name] ?? [])];
  return `model.model_config.${names.find((one) => model?.[one] !== undefined) ?? name}`;
}

function readerOf(root: YamlNode): ReadValue {
  return (path) => {
    const node = nodeAt(root, path);
    return node === undefined ? undefined : readValue(node);
  };
}

function deviceOf(value: unknown): "CPU" | "Ascend" | undefined {
  if (value === undefined || value === null || value === "Ascend") return "Ascend";
  return value === "CPU" ? "CPU" : undefined;
}

/** Asks for each path once. */
function once<T>(read: (path: string) => T): (path: string) => T {
  const known = new Map<string, T>();
  return (path) => {
    const value = known.get(path);
    if (value !== undefined || known.has(path)) return value as T;
    const found = read(path);
    known.set(path, found);
    return found;
  };
}

/**
 * Everything that rules look at; each value is read once. `read` gives the value at a path (default: what the text
 * itself says).
 */
export function contextOf(root: YamlNode, facts: CheckFacts, read = readerOf(root)): RuleContext {
  const get: ReadValue = once(read);
  const written = get("model.model_config");
  const model = isSection(written) ? written : undefined;
  const section = once((path) => sectionInfo(path, get));
  return {
    get,
    facts,
    root,
    places: writtenPlaces(root),
    section,
    key: keyLookup(section),
    mesh: readMesh(get),
    model,
    mcore: get("use_legacy") === false,
    device: facts.device ?? deviceOf(get("context.device_target")),
    megatron: get(`${dataLoaderPath}.type`) === "BlendedMegatronDatasetDataLoader",
    modelNumber: (name) => numberOf(model, name),
    modelPath: (name) => pathOf(model, name),
  };
}
