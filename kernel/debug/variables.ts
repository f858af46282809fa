import { guardName } from "../evaluate/guards.js";
import { typedName } from "../evaluate/own-names.js";
import type { MainThread, Property, RemoteObject } from "./main-thread.js";
import type { Variable } from "./protocol.js";

/** More entries of one object are not listed; front ends ask for all at once. */
const mostListed = 500;
/** Names that exist because of how cells are run. */
const hidden =
  /^(?:exports|require|__filename|__dirname|arguments|this|tsLastExpr\d*|\$cellFlag|\$cellGuard|__esModule)$/;

/** Gives objects of the main thread the numbers by which front ends ask for their fields. They hold until the thread goes on. */
export class Variables {
  private readonly objects = new Map<number, readonly string[]>();
  private last = 0;

  constructor(private readonly thread: MainThread) {}

  /** A number for the fields of these objects together; where several have a name, the first wins. */
  reference(objectIds: readonly string[]): number {
    this.last += 1;
    this.objects.set(this.last, objectIds);
    return this.last;
  }

  forget(): void {
    this.objects.clear();
  }

  async list(reference: number): Promise<readonly Variable[]> {
    const found = new Map<string, Variable>();
    for (const id of this.objects.get(reference) ?? []) {
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
    const opens = object.objectId !== undefined && object.type !== "function";
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
  if (type === "string") return JSON.stringify(value);
  if (type === "function") return description?.split("\n")[0] ?? "function";
  return unserializableValue ?? description ?? String(value);
}
