import type { DebugRequest } from "../channels/messages.js";

/** Fields of a variable, as the Debug Adapter Protocol has them. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  /** Left out for plain values: front ends show the type in place of the value. */
  readonly type?: string;
  /** Names the object in a `variables` request; 0: nothing to open. */
  readonly variablesReference: number;
  readonly evaluateName?: string;
}

export interface StackFrame {
  readonly id: number;
  readonly name: string;
  readonly source: { readonly name: string; readonly path: string };
  readonly line: number;
  readonly column: number;
}

export interface Breakpoint {
  readonly verified: boolean;
  readonly line: number;
  readonly source: { readonly path: string };
  readonly message?: string;
}

/** What front ends ask for; each is one line of the table in `commands.ts`. */
export type Body = Readonly<Record<string, unknown>>;

/** A request that can't be served; the front end shows the message. */
export class DebugError extends Error {}

export function textArgument(request: DebugRequest, name: string): string {
  const value = request.arguments[name];
  if (typeof value === "string") return value;
  throw new DebugError(`${request.command}: expected a text ${name}, found ${JSON.stringify(value) ?? "nothing"}`);
}

export function numberArgument(request: DebugRequest, name: string): number {
  const value = request.arguments[name];
  if (typeof value === "number") return value;
  throw new DebugError(`${request.command}: expected a number ${name}, found ${JSON.stringify(value) ?? "nothing"}`);
}
