import type { YamlNode } from "../text/nodes.js";

export interface Place {
  readonly path: string;
  /** Path of the section or list that holds it; "" at the top. */
  readonly parent: string;
  /** Key, or number of the item. */
  readonly name: string;
  readonly node: YamlNode;
}

/**
 * Every mapping entry and list item that is written, each before what it holds. Aliases are not entered: their target
 * is visited in its own place.
 */
export function writtenPlaces(root: YamlNode): readonly Place[] {
  const places: Place[] = [];
  addBelow(places, "", root);
  return places;
}

function addBelow(places: Place[], parent: string, node: YamlNode): void {
  for (const { key: name, value } of childrenOf(node)) {
    const path = parent === "" ? name : `${parent}.${name}`;
    places.push({ path, parent, name, node: value });
    addBelow(places, path, value);
  }
}

function childrenOf(node: YamlNode): readonly { readonly key: string; readonly value: YamlNode }[] {
  if (node.kind === "map") return node.entries;
  return node.kind === "sequence" ? node.items.map((value, index) => ({ key: String(index), value })) : [];
}
