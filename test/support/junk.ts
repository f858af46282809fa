/** What a cell may pass by mistake, by the name under which a table of calls says that it is right. */
export const junk: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  "{}": {},
  "[]": [],
  "an empty text": "",
  "a text": "x",
  "0": 0,
  "-1": -1,
  NaN: Number.NaN,
  true: true,
  "a function": () => 1,
};

/** One argument of a call: a value that is right, and the junk that is right there, too. */
export interface JunkArgument {
  readonly value: unknown;
  readonly alsoRight: readonly string[];
}

const kind =
  (...alsoRight: readonly string[]) =>
  (value: unknown, ...more: readonly string[]): JunkArgument => ({ value, alsoRight: [...alsoRight, ...more] });

/** Any value is right. */
export const anything = kind(...Object.keys(junk));
/** A text, also an empty one. */
export const text = kind("an empty text", "a text");
/** A name, a path, or a key: a text with something in it. */
export const name = kind("a text");
/** A whole number from 0 on. */
export const index = kind("0");
/** One value of a few. */
export const needed = kind();
/** Options that may be omitted. */
export const options = kind("undefined", "{}");
/** An argument that may be omitted. */
export const optional = kind("undefined");

/** A method of an object, or a function of the package, with arguments that are right. */
export interface PublicCall {
  /** As a user writes it: `config.get`. */
  readonly title: string;
  readonly on: () => object;
  readonly method: string;
  readonly arguments: readonly JunkArgument[];
}
