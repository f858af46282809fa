import { inspect, types } from "node:util";
import { cutText } from "./text.js";

/**
 * At most so much of a value is shown: keys of one object, items of one list, characters of one text; values in all;
 * characters in all.
 */
export const valueLimits = { keys: 100, items: 100, string: 10_000, values: 3_000, text: 40_000 };

/** Stands where something is left out until the text is there. Nobody types this character. */
const mark = "\ue000";
const marks = new RegExp(`['"]${mark}([\\d,]+ more \\w+)${mark}['"](?:: 0)?`, "g");

/** A value as Node prints it, without colors; bounded in every direction, however large the value is. */
export function valueText(value: unknown, depth = 4): string {
  const shown = new Bounded(depth).of(value, 0);
  const { items, string } = valueLimits;
  const options = { depth, colors: false, maxArrayLength: items, maxStringLength: string, breakLength: 100 };
  return boundedText(inspect(shown, options).replace(marks, "… $1"));
}

/** At most `limit` characters of a text, with a count of the others. */
export function boundedText(text: string, limit = valueLimits.text): string {
  if (text.length <= limit) return text;
  const kept = cutText(text, limit);
  return `${kept} … and ${(text.length - kept.length).toLocaleString("en-US")} more characters`;
}

function more(count: number, what: "keys" | "items"): string {
  return `${mark}${count.toLocaleString("en-US")} more ${what}${mark}`;
}

type Key = string | symbol;

/**
 * Copies of what is too large, with less in them; everything else stays the object that it is. Runs nothing of the
 * user's: no getter, no trap of a proxy.
 */
class Bounded {
  private values = valueLimits.values;
  private characters = valueLimits.text;
  private readonly copies = new Map<object, unknown>();

  constructor(private readonly depth: number) {}

  of(value: unknown, level: number): unknown {
    this.values -= 1;
    if (typeof value === "string") return this.ofString(value);
    if (typeof value !== "object" || value === null || level > this.depth) return value;
    if (types.isProxy(value) || hasOwnLook(value)) return value;
    const known = this.copies.get(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) return this.ofArray(value, level);
    if (types.isMap(value)) return this.ofMap(value, level);
    if (types.isSet(value)) return this.ofSet(value, level);
    if (isOpaque(value)) return value;
    return this.ofObject(value, level);
  }

  private ofString(text: string): string {
    const room = Math.max(20, Math.min(valueLimits.string, this.characters));
    this.characters -= Math.min(text.length, room);
    return text.length <= valueLimits.string && text.length <= room ? text : boundedText(text, room);
  }

  private ofArray(list: readonly unknown[], level: number): unknown {
    const copy: unknown[] = [];
    this.copies.set(list, copy);
    const length = Math.min(list.length, valueLimits.items);
    let isSame = true;
    let at = 0;
    for (; at < length && this.values > 0; at++) {
      const descriptor = Object.getOwnPropertyDescriptor(list, at);
      if (descriptor === undefined || !("value" in descriptor)) continue;
      const item = this.of(descriptor.value, level + 1);
      if (item !== descriptor.value) isSame = false;
      copy[at] = item;
    }
    if (isSame && at === length) return this.keep(list);
    copy.length = at;
    if (at < list.length) copy.push(more(list.length - at, "items"));
    return copy;
  }

  private ofMap(map: ReadonlyMap<unknown, unknown>, level: number): unknown {
    const copy = new Map<unknown, unknown>();
    this.copies.set(map, copy);
    let isSame = true;
    for (const [key, value] of map) {
      const isShown = copy.size < valueLimits.items;
      const [shownKey, shown] = isShown ? [this.of(key, level + 1), this.of(value, level + 1)] : [key, undefined];
      if (isShown && (shownKey !== key || shown !== value)) isSame = false;
      if (!isShown && isSame) break;
      copy.set(shownKey, shown);
    }
    return isSame ? this.keep(map) : copy;
  }

  private ofSet(set: ReadonlySet<unknown>, level: number): unknown {
    const copy = new Set<unknown>();
    this.copies.set(set, copy);
    let isSame = true;
    for (const value of set) {
      const isShown = copy.size < valueLimits.items;
      const shown = isShown ? this.of(value, level + 1) : value;
      if (shown !== value) isSame = false;
      if (!isShown && isSame) break;
      copy.add(shown);
    }
    return isSame ? this.keep(set) : copy;
  }

  private ofObject(object: object, level: number): unknown {
    const copy: object = Object.create(Object.getPrototypeOf(object));
    this.copies.set(object, copy);
    const keys = Reflect.ownKeys(object);
    let isSame = true;
    let [shown, at] = [0, 0];
    for (; at < keys.length && shown < valueLimits.keys && this.values > 0; at++) {
      const key = keys[at] as Key;
      const descriptor = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
      if (descriptor.enumerable !== true) continue;
      shown += 1;
      const name = this.ofKey(key);
      const item = "value" in descriptor ? this.of(descriptor.value, level + 1) : undefined;
      if (name !== key || item !== descriptor.value) isSame = false;
      Object.defineProperty(copy, name, "value" in descriptor ? { ...descriptor, value: item } : descriptor);
    }
    if (isSame && at === keys.length) return this.keep(object);
    if (at < keys.length) Object.defineProperty(copy, more(keys.length - at, "keys"), { value: 0, enumerable: true });
    return copy;
  }

  private ofKey(key: Key): Key {
    if (typeof key !== "string") return key;
    const room = valueLimits.keys * 2;
    this.characters -= Math.min(key.length, room);
    return key.length <= room ? key : `${cutText(key, room)}…`;
  }

  private keep(value: object): object {
    this.copies.set(value, value);
    return value;
  }
}

/** It says itself how it looks, or is an error, whose stack tells. */
function hasOwnLook(value: object): boolean {
  return types.isNativeError(value) || saysHowItLooks(value);
}

/** True for values with a method `util.inspect.custom`; looks for it without running a trap of a proxy. */
export function saysHowItLooks(value: object): boolean {
  for (let one: object | null = value; one !== null && !types.isProxy(one); one = Object.getPrototypeOf(one))
    if (Object.getOwnPropertyDescriptor(one, inspect.custom) !== undefined) return true;
  return false;
}

/** What it holds isn't in its properties. */
function isOpaque(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isModuleNamespaceObject(value) ||
    types.isExternal(value) ||
    types.isGeneratorObject(value) ||
    types.isMapIterator(value) ||
    types.isSetIterator(value) ||
    types.isArgumentsObject(value)
  );
}
