// The options of a call. A cell's type checker sees none of a spread object, and takes NaN for a number.
import { requireOptions } from "./option-names.js";
import { type OptionTable, readOptions, unchecked } from "./option-table.js";

/** A call and its options. */
export interface Call<Options> {
  readonly name: string;
  readonly example: string;
  readonly table: OptionTable<Options>;
}

/** Checked where they are used. */
export const waiting = { timeout: unchecked, signal: unchecked };

/**
 * Makes what reads the options of a call: a copy of them, or an empty object.
 * @throws ARGUMENT_INVALID for an option that there is none of, and for a value of another kind
 */
export function callOptions<Options extends object>({
  name,
  example,
  table,
}: Call<Options>): (options: unknown) => Options {
  return (options) => {
    requireOptions(options, name, { names: Object.keys(table), example });
    return readOptions(options ?? {}, table, { name, code: "ARGUMENT_INVALID" });
  };
}
