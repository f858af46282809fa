// Cells share their global objects with the kernel: one that removes `Array.prototype.map` would stop every later cell.
const { defineProperty, getOwnPropertyDescriptor } = Reflect;

interface Builtin {
  readonly owner: object;
  readonly key: string | symbol;
  readonly name: string;
  readonly descriptor: PropertyDescriptor;
}

function functionsOf(owner: object, name: string, keys = Reflect.ownKeys(owner)): Builtin[] {
  return keys.flatMap((key) => {
    const descriptor = getOwnPropertyDescriptor(owner, key);
    const isKept = typeof descriptor?.value === "function" && descriptor.configurable === true && key !== "constructor";
    return isKept ? [{ owner, key, name: `${name}.${String(key)}`, descriptor }] : [];
  });
}

const maps = { Map, Set, WeakMap };
const classes = { Array, Date, Error, Function, Number, Object, Promise, RegExp, String, Symbol, Uint8Array, ...maps };
const owners = { JSON, Math, Reflect, ...classes };
const kept: readonly Builtin[] = [
  ...functionsOf(globalThis, "globalThis", Object.keys(owners)),
  ...Object.entries(owners).flatMap(([name, owner]) => functionsOf(owner, name)),
  ...Object.entries(classes).flatMap(([name, { prototype }]) => functionsOf(prototype, `${name}.prototype`)),
];

/**
 * Puts back the built-in functions that a cell removed or replaced by something that can't be called, and returns the
 * name of the first one. Another function in their place stays, such as a polyfill. Calls none of them before.
 */
export function restoreBuiltins(): string | undefined {
  let first: string | undefined;
  for (let at = 0; at < kept.length; at++) {
    const { owner, key, name, descriptor } = kept[at] as Builtin;
    const now = getOwnPropertyDescriptor(owner, key);
    if (typeof now?.value === "function" || now?.get !== undefined) continue;
    if (defineProperty(owner, key, descriptor)) first ??= name;
  }
  return first;
}
