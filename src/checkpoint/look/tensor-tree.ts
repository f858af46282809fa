import { formatBytes, formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { type TreeNode, treeBundle } from "../../view/tree.js";
import type { TensorRow } from "./tensor-table.js";

/** A module of the model: a part of the tensors' names, with sums over all tensors below it. */
export interface TensorModule {
  /** The last part of the name: `mlp`. */
  readonly name: string;
  readonly tensors: number;
  /** Elements of weights; moments and counters are not counted. */
  readonly parameters: number;
  readonly bytes: number;
  readonly modules: readonly TensorModule[];
}

interface Growing extends TensorModule {
  tensors: number;
  parameters: number;
  bytes: number;
  readonly byName: Map<string, Growing>;
  readonly modules: Growing[];
}

/**
 * The tensors of a checkpoint as a tree of modules with parameters and bytes. Moments are below `adam_m` and
 * `adam_v`, counters of the training below `counters`.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const tree = await checkpoint.tree();
 * tree.root.modules; // modules with parameters and bytes
 */
export class TensorTree {
  readonly root: TensorModule;

  /** @internal Trees come from `checkpoint.tree()`. */
  constructor(title: string, rows: readonly TensorRow[]) {
    const root = newModule(title);
    for (const row of rows) addRow(root, row);
    this.root = root;
  }

  [displayKey](): MimeBundle {
    const { name, modules } = this.root;
    return treeBundle({
      title: name,
      subtitle: digest(this.root),
      nodes: modules.map(nodeOf),
      plain: [`${name}: ${digest(this.root)}`, ...plainLines(modules, 1)].join("\n"),
    });
  }
}

function newModule(name: string): Growing {
  return { name, tensors: 0, parameters: 0, bytes: 0, modules: [], byName: new Map() };
}

function addRow(root: Growing, { name, kind, elements, bytes }: TensorRow): void {
  let at = root;
  add(at);
  const parts = name.split(".");
  for (const part of kind === "state" && parts.length === 1 ? ["counters", name] : parts) {
    let next = at.byName.get(part);
    if (next === undefined) {
      next = newModule(part);
      at.byName.set(part, next);
      at.modules.push(next);
    }
    at = next;
    add(at);
  }

  function add(module: Growing): void {
    module.tensors += 1;
    module.bytes += bytes;
    if (kind === "weight") module.parameters += elements;
  }
}

function digest({ tensors, parameters, bytes, modules }: TensorModule): string {
  const count = modules.length === 0 ? [] : [formatCount(tensors, "tensor")];
  const weights = parameters === 0 ? [] : [formatCount(parameters, "parameter")];
  return [...count, ...weights, formatBytes(bytes)].join(", ");
}

/** A chain of modules with one child each is one line: `embedding.word_embeddings.weight`. */
function nodeOf(module: TensorModule): TreeNode {
  let label = module.name;
  let at = module;
  while (at.modules.length === 1) {
    at = at.modules[0] as TensorModule;
    label += `.${at.name}`;
  }
  if (at.modules.length === 0) return { label, value: digest(at) };
  return { label, digest: digest(at), children: at.modules.map(nodeOf) };
}

const deepest = 3;

function plainLines(modules: readonly TensorModule[], depth: number): string[] {
  return modules.flatMap((module) => {
    const line = `${"  ".repeat(depth)}${module.name}  ${digest(module)}`;
    return depth >= deepest ? [line] : [line, ...plainLines(module.modules, depth + 1)];
  });
}
