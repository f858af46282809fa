import { types } from "node:util";
import type { Completion } from "../evaluator.js";
import { localName } from "../own-names.js";

interface Asked {
  readonly code: string;
  readonly cursor: number;
  /** Variables of cells. */
  readonly locals: Readonly<Record<string, unknown>>;
}

const name = "[\\p{ID_Start}$_][\\p{ID_Continue}$]*";
/** `data.rows[0].na` before the cursor: a variable, members, what has been typed of the last. */
const chain = new RegExp(`(?<![.\\p{ID_Continue}$)\\]])(${name}(?:\\??\\.${name}|\\[\\d+\\])*)\\??\\.(${name})?$`, "u");
const rest = /^[\p{ID_Continue}$]*/u;
/** More members of one value are not offered. */
const mostOffered = 500;

/**
 * Members of a value that is there, for names whose type tells none: the result of `JSON.parse`, a package without
 * types, `process.env`. Nothing of the user's is run for it: no getter, no trap of a proxy. Undefined if there is no
 * such value at the cursor.
 */
export function liveMembers({ code, cursor, locals }: Asked): Completion | undefined {
  const match = chain.exec(code.slice(0, cursor));
  if (match === null) return undefined;
  const typed = match[2] ?? "";
  const found = membersOf(valueAt(match[1] ?? "", locals)).filter(({ text }) =>
    text.toLowerCase().startsWith(typed.toLowerCase()),
  );
  if (found.length === 0) return undefined;
  const end = cursor + (rest.exec(code.slice(cursor))?.[0].length ?? 0);
  return { start: cursor - typed.length, end, matches: found.slice(0, mostOffered) };
}

/** What stands at `data.rows[0]` now, as far as nothing has to be run to know it. */
export function valueAt(source: string, locals: Asked["locals"]): unknown {
  const [first = "", ...steps] = source.split(/\??\.|\[|\]/).filter((step) => step !== "");
  // `process` itself is behind a getter of Node's.
  const ofNode = first === "process" ? process : ownValue(globalThis, first);
  // Its getters are those of imports, which only read.
  let value = locals[localName(first)] ?? ofNode;
  for (const step of steps) value = memberOf(value, step);
  return value;
}

/** The value and what it inherits from, `Object.prototype` excepted; nothing where a proxy would have to be asked. */
function* lineOf(value: unknown): Generator<object> {
  if (value === undefined || value === null) return;
  for (let one: object | null = Object(value); one !== null; one = Object.getPrototypeOf(one)) {
    if (types.isProxy(one) || one === Object.prototype) return;
    yield one;
  }
}

function ownValue(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function memberOf(value: unknown, key: string): unknown {
  for (const one of lineOf(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(one, key);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

function membersOf(value: unknown): Completion["matches"] {
  const found = new Map<string, string>();
  for (const one of lineOf(value)) {
    // The millions of a typed array have no names.
    if (ArrayBuffer.isView(one)) continue;
    for (const key of Object.getOwnPropertyNames(one)) {
      if (found.has(key) || key === "constructor" || !isName.test(key)) continue;
      found.set(key, typeof ownValue(one, key) === "function" ? "method" : "property");
      if (found.size > 20 * mostOffered) break;
    }
  }
  return [...found].map(([text, kind]) => ({ text, kind }));
}

const isName = new RegExp(`^${name}$`, "u");
