import type { MimeBundle } from "../../../src/view/display-contract.js";

/** A value of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;
export type Look = MimeBundle | undefined;

/** How a value of one kind looks; undefined for values of other kinds. */
export type Recognize = (value: Fields) => Look | Promise<Look>;

/** What a method returns, or undefined if there is no such method. */
export function called(value: Fields, name: string, ...given: unknown[]): unknown {
  const method = value[name];
  return typeof method === "function" ? method.call(value, ...given) : undefined;
}
