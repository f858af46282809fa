/** Hands back the object that it is given: a class that extends it puts its private fields on that object. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return object;
  }
}

/** What Node keeps on promises and other resources, in private fields in place of properties with symbols as names. */
class Hidden extends Given {
  #$cellId: unknown;
  #$cellTrigger: unknown;
  #$cellStore: unknown;

  static readonly id: PropertyDescriptor = {
    get: Hidden.reader((kept) => kept.#$cellId),
    set: Hidden.writer((kept, value) => {
      kept.#$cellId = value;
    }),
  };
  static readonly trigger: PropertyDescriptor = {
    get: Hidden.reader((kept) => kept.#$cellTrigger),
    set: Hidden.writer((kept, value) => {
      kept.#$cellTrigger = value;
    }),
  };
  static readonly store: PropertyDescriptor = {
    get: Hidden.reader((kept) => kept.#$cellStore),
    set: Hidden.writer((kept, value) => {
      kept.#$cellStore = value;
    }),
  };

  private static reader(read: (kept: Hidden) => unknown) {
    return function (this: unknown): unknown {
      return isObject(this) && #$cellId in this ? read(this) : undefined;
    };
  }

  private static writer(write: (kept: Hidden, value: unknown) => void) {
    return function (this: unknown, value: unknown): void {
      if (isObject(this)) write(#$cellId in this ? this : (new Hidden(this) as Hidden), value);
    };
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/**
 * Node 20 and 22 keep an AsyncLocalStorage's value, and ids of its own, as properties of every promise, timer, and the
 * like, where `console.log` prints and
 * `deepStrictEqual` compares them. Setters on the prototypes take them over. `sample` is a promise that was made while
 * the storage was in use.
 */
export function hideContext(sample: Promise<unknown>): void {
  const places: Readonly<Record<string, readonly [target: object, property: PropertyDescriptor]>> = {
    async_id_symbol: [Promise.prototype, Hidden.id],
    trigger_async_id_symbol: [Promise.prototype, Hidden.trigger],
    kResourceStore: [Object.prototype, Hidden.store],
  };
  for (const symbol of Object.getOwnPropertySymbols(sample)) {
    const [target, property] = places[symbol.description ?? ""] ?? [];
    if (target !== undefined) Object.defineProperty(target, symbol, { ...property, configurable: true });
  }
}
