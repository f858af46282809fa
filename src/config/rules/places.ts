import type { YamlNode } from "../text/nodes.js";

export interface Place {
  readonly path: string;
  readonly node: YamlNode;
}

/**
 * Every mapping entry and list item that is written (aliases are not entered: their target is visited in its own
 * place).
 */
export function* placesBelow(node: YamlNode, path: string): Generator<Place> {
  const join = (name: string | number): string => (path === "" ? String(name) : `${path}.${name}`);
  if (node.kind === "map")
    for (const { key, value } of node.entries) {
      yield { path: join(key), node: value };
      yield* placesBelow(value, join(key));
    }
  if (node.kind === "sequence")
    for (const [index, item] of node.items.entries()) {
      yield { path: join(index), node: item };
      yield* placesBelow(item, join(index));
    }
}
