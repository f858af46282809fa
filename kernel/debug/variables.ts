import { cutText } from "../core/text.js";
import { guardName } from "../evaluate/guards.js";
import { typedName } from "../evaluate/own-names.js";
import type { MainThread, Property, RemoteObject } from "./main-thread.js";
import type { Variable } from "./protocol.js";

/** More entries of one object are not listed; front ends ask for all at once. */
const mostListed = 500;
/** Names that exist because of how cells are run, and what Node keeps on every promise. */
const hidden = new RegExp(
  `^(?:${[
    /Symbol\((?:async_id_symbol|trigger_async_id_symbol|kResourceStore)\)/.source,
    /exports|require|__filename|__dirname|arguments|this|__esModule/.source,
    /tsLastExpr\d*|#\$cell\w+|\$cellFlag|\$cellStop|\$cellGuard/.source,
  ].join("|")})$`,
);

/** Characters of a text that are shown; its row in a list of variables has room for some hundred. */
const mostCharacters = 1000;

interface Listed {
  readonly objectIds: readonly string[];
  readonly more: Readonly<Record<string, RemoteObject>>;
}

/**
 * Gives objects of the main thread the numbers by which front ends ask for their fields. They hold until the thread
 * goes on.
 */
export class Variables {
  private readonly objects = new Map<number, Listed>();
  private last = 0;

  constructor(private readonly thread: MainThread) {}

  /**
   * A number for the fields of these objects together; where several have a name, the first wins. Before them `more`,
   * as far as they are objects.
   */
  reference(objectIds: readonly string[], more: Readonly<Record<string, RemoteObject>> = {}): number {
    this.last += 1;
    this.objects.set(this.last, { objectIds, more });
    return this.last;
  }

  forget(): void {
    this.objects.clear();
  }

  async list(reference: number): Promise<readonly Variable[]> {
    const found = new Map<string, Variable>();
    const { objectIds, more } = this.objects.get(reference) ?? { objectIds: [], more: {} };
    for (const [name, value] of Object.entries(more))
      if (value.type === "object") found.set(name, { name, evaluateName: name, ...this.valueOf(value) });
    for (const id of objectIds) {
      for (const property of await this.thread.properties(id)) {
        if (hidden.test(property.name) || found.has(property.name) || found.size >= mostListed) continue;
        found.set(property.name, this.describe(property));
      }
    }
    return [...found.values()];
  }

  /** The variables that cells have made so far. */
  async ofCells(): Promise<readonly Variable[]> {
    const { objectId } = await this.thread.evaluate(`globalThis.${guardName}.locals`);
    return objectId === undefined ? [] : this.list(this.reference([objectId]));
  }

  valueOf(object: RemoteObject): Omit<Variable, "name"> {
    // Symbols have an id as well, and nothing to open.
    const opens = object.objectId !== undefined && object.type === "object";
    return {
      value: textOf(object),
      ...(opens && { type: typeOf(object) }),
      variablesReference: opens ? this.reference([object.objectId as string]) : 0,
    };
  }

  private describe({ name: local, value, get }: Property): Variable {
    const name = typedName(local);
    if (value === undefined) return { name, value: get === undefined ? "" : "(computed)", variablesReference: 0 };
    return { name, evaluateName: local, ...this.valueOf(value) };
  }
}

/** `Array(3)`, `Map(2)`, else the name of the class. */
function typeOf({ subtype, className, description, type }: RemoteObject): string {
  const isCounted = subtype !== undefined && ["array", "typedarray", "map", "set"].includes(subtype);
  return (isCounted ? description : className) ?? type;
}

function textOf({ type, value, unserializableValue, description }: RemoteObject): string {
  if (type === "string") {
    const text = value as string;
    if (text.length <= mostCharacters) return JSON.stringify(text);
    return `${JSON.stringify(cutText(text, mostCharacters))}… (${text.length.toLocaleString("en-US")} characters)`;
  }
  if (type === "function") return description?.split("\n")[0] ?? "function";
  return unserializableValue ?? description ?? String(value);
}
