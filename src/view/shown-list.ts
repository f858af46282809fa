import { displayKey, type MimeBundle } from "./display-contract.js";

/**
 * An array that also shows itself. `filter` and `map` return plain arrays.
 *
 * @example
 * const rules = listRules(); // a table as the last expression of a cell
 * rules.map(({ id }) => id); // a plain array
 */
export class ShownList<Item> extends Array<Item> {
  #draw: (items: readonly Item[]) => MimeBundle = () => ({ "text/plain": `${this.length} items` });

  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** @internal Lists come from the library's own functions. */
  static showing<Item>(items: readonly Item[], draw: (items: readonly Item[]) => MimeBundle): ShownList<Item> {
    const list = new ShownList<Item>();
    for (const item of items) list.push(item);
    list.#draw = draw;
    return list;
  }

  [displayKey](): MimeBundle {
    return this.#draw(this);
  }
}
