import { guardName } from "../evaluate/guards.js";
import type { CallFrame, MainThread, RemoteObject } from "./main-thread.js";
import { DebugError, type StackFrame } from "./protocol.js";
import type { Scripts } from "./scripts.js";
import type { Variables } from "./variables.js";

export interface Scope {
  readonly name: string;
  readonly variablesReference: number;
  readonly expensive: boolean;
}

interface Parts {
  readonly thread: MainThread;
  readonly scripts: Scripts;
  readonly variables: Variables;
}

/** The main thread while it stands at a breakpoint: its frames that are in cells and in the user's files. */
export class Stopped {
  private readonly frames: ReadonlyMap<number, CallFrame>;

  constructor(
    private readonly parts: Parts,
    frames: readonly CallFrame[],
  ) {
    // The script that holds the cell's code as a function is a frame of its own, without a place in the cell.
    const inSources = frames.filter(({ location }) => parts.scripts.placeOf(location) !== undefined);
    this.frames = new Map(inSources.map((frame, index) => [index + 1, frame]));
  }

  stack(): readonly StackFrame[] {
    return [...this.frames].map(([id, { functionName, location }]) => {
      const script = this.parts.scripts.get(location.scriptId);
      const { label = "", path = "" } = script ?? {};
      const place = this.parts.scripts.placeOf(location);
      return {
        id,
        name: functionName === "" ? label : functionName,
        source: { name: label, path },
        line: (place?.line ?? 0) + 1,
        column: (place?.column ?? 0) + 1,
      };
    });
  }

  /**
   * What is local to the frame, from the inside out as one scope, then what the functions around it hold, then the
   * variables of all cells.
   */
  async scopes(frameId: number): Promise<readonly Scope[]> {
    const { scopeChain, this: receiver } = this.frame(frameId);
    const ids = (types: readonly string[]): string[] =>
      scopeChain.filter(({ type }) => types.includes(type)).flatMap(({ object }) => object.objectId ?? []);
    const cells = await this.parts.thread.evaluate(`globalThis.${guardName}.locals`);
    const groups: [string, string[]][] = [
      ["Local", ids(["local", "block", "catch", "with", "eval"])],
      ["Closure", ids(["closure"])],
      ["Cells", cells.objectId === undefined ? [] : [cells.objectId]],
    ];
    return groups
      .filter(([, objects]) => objects.length > 0)
      .map(([name, objects]) => ({
        name,
        variablesReference: this.parts.variables.reference(objects, name === "Local" ? { this: receiver } : {}),
        expensive: false,
      }));
  }

  /** Value of an expression as the frame sees it; names that only other cells know are looked up there. */
  async evaluate(expression: string, frameId?: number): Promise<RemoteObject> {
    const { thread } = this.parts;
    const frame = this.frame(frameId ?? 1);
    try {
      return await thread.evaluate(expression, frame.callFrameId);
    } catch (error) {
      if (!(error instanceof DebugError) || !/^ReferenceError/.test(error.message)) throw error;
      return thread.evaluate(withCells(expression, await this.names(frame)), frame.callFrameId);
    }
  }

  /** Names of variables that the frame has itself. */
  private async names({ scopeChain }: CallFrame): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const { type, object } of scopeChain) {
      if (type === "global" || object.objectId === undefined) continue;
      for (const property of await this.parts.thread.properties(object.objectId))
        if (property.value !== undefined && /^[A-Za-z_$][\w$]*$/.test(property.name)) names.add(property.name);
    }
    return [...names].filter((name) => name !== "this" && name !== "arguments");
  }

  private frame(id: number): CallFrame {
    const frame = this.frames.get(id);
    if (frame === undefined) throw new DebugError(`frame ${id}: expected a frame from 1 to ${this.frames.size}`);
    return frame;
  }
}

/**
 * An expression in which variables of cells are known too, behind those of the frame. A function made of text is never
 * strict, so `with` is allowed.
 */
export function withCells(expression: string, names: readonly string[] = []): string {
  const body = `with (cells) with (frame) return eval(${JSON.stringify(expression)});`;
  // Looked up when they are asked for: some may have no value yet, and one such would spoil all others.
  const frame = names.map((name) => `get ${name}() { return ${name} }, set ${name}($value) { ${name} = $value }`);
  return `Function("cells", "frame", ${JSON.stringify(body)})(globalThis.${guardName}.locals, { ${frame.join(", ")} })`;
}
