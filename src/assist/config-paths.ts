import { allKeys, keyInfo, sectionInfo, sectionPaths } from "../config/keys/catalog.js";
import type { KeyInfo, Keys } from "../config/keys/sections/key.js";
import { shortValue } from "../config/text/short-value.js";
import { isSection } from "../config/text/values.js";
import type { ReadValue } from "../model/read-value.js";
import type { ArgumentOffer } from "../view/display-contract.js";
import type { OpenConfig } from "./config-place.js";

interface PathOptions {
  /** Offer sections as well as values. */
  readonly sections?: boolean;
  /** Offer only what the configuration holds. */
  readonly held?: boolean;
}

const longest = 78;

/** `int = 4 · default 1 · epochs to train`; without a value: `int, default 1 · epochs to train`. */
function about(info: KeyInfo | undefined, now?: unknown): string {
  const type = info === undefined ? typeof now : info.types.filter((one) => one !== "null").join("|");
  const standard = info?.default === undefined ? "" : `default ${shortValue(info.default, 12) || '""'}`;
  const held = now === undefined ? "" : ` = ${shortValue(now, 16) || '""'}`;
  const first = held === "" && standard !== "" ? `${type}, ${standard}` : type + held;
  const text = [first, held === "" ? "" : standard, info?.meaning].filter(Boolean).join(" · ");
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

function* heldPaths(value: unknown, path = ""): Generator<readonly [path: string, value: unknown]> {
  if (path !== "") yield [path, value];
  const inside =
    Array.isArray(value) && value.some(isSection) ? value.entries() : isSection(value) ? Object.entries(value) : [];
  for (const [key, below] of inside) yield* heldPaths(below, path === "" ? String(key) : `${path}.${key}`);
}

const isTree = (value: unknown): boolean => isSection(value) || (Array.isArray(value) && value.some(isSection));

const isSectionKey = ({ types }: KeyInfo): boolean => types.every((type) => type === "map" || type === "null");

/** Reads what the configuration holds from its values: many times faster than from its text. */
function reader(values: unknown): ReadValue {
  return (path) =>
    path.split(".").reduce<unknown>((at, key) => {
      if (Array.isArray(at)) return at[Number(key)] as unknown;
      return isSection(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    }, values);
}

/** Paths of keys: those that the configuration holds in its order, then all that MindFormers knows, by section. */
export function pathOffers(config: OpenConfig | undefined, options: PathOptions = {}): ArgumentOffer[] {
  const values = config?.toJS() ?? {};
  const get = reader(values);
  const offers = new Map<string, ArgumentOffer>();
  for (const [path, value] of heldPaths(values)) {
    if (isTree(value) && options.sections !== true) continue;
    const words = isSection(value) ? `section · ${Object.keys(value).length} keys` : about(keyInfo(path, get), value);
    offers.set(path, { text: path, about: words });
  }
  if (options.held === true) return [...offers.values()];
  const callbacks = get("callbacks");
  const inCallbacks = Array.isArray(callbacks) ? callbacks.map((_, index) => `callbacks.${index}`) : [];
  for (const section of [...sectionPaths.filter((path) => path !== "callbacks"), ...inCallbacks])
    for (const [name, info] of Object.entries(keysOf(section, get))) {
      const path = section === "" ? name : `${section}.${name}`;
      if (isSectionKey(info) && options.sections !== true) continue;
      if (info.until === undefined && !offers.has(path)) offers.set(path, { text: path, about: about(info) });
    }
  return [...offers.values()];
}

/** The keys of a section as its type in the configuration has them. */
function keysOf(section: string, get: ReadValue): Keys {
  return sectionInfo(section, get)?.keys ?? allKeys(section);
}

/** The keys of one section: those that it holds first. */
export function keyOffers(section: string, config: OpenConfig | undefined): ArgumentOffer[] {
  const get: ReadValue = (path) => config?.get(path);
  const below = section === "" ? config?.toJS() : config?.get(section);
  const held = isSection(below) ? below : {};
  const known = keysOf(section, get);
  const names = new Set([...Object.keys(held), ...Object.keys(known)]);
  const subsections = sectionPaths.filter((path) => path.startsWith(section === "" ? "" : `${section}.`));
  for (const path of subsections) names.add(path.slice(section === "" ? 0 : section.length + 1).split(".")[0] ?? "");
  names.delete("");
  return [...names].map((name) => {
    const value = held[name];
    const words = isSection(value) ? `section · ${Object.keys(value).length} keys` : about(known[name], value);
    return { text: name, about: words === "undefined" ? "section" : words };
  });
}

/** Names of the sections that MindFormers knows. */
export function sectionOffers(): ArgumentOffer[] {
  return sectionPaths
    .filter((path) => path !== "")
    .map((path) => ({ text: path, about: `${Object.keys(allKeys(path)).length} keys` }));
}
