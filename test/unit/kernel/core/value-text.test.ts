import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueLimits, valueText } from "../../../../kernel/core/value-text.js";

const keyed = (count: number, value: unknown = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, value]));
const nested = (depth: number): unknown => (depth === 0 ? 1 : Array.from({ length: 100 }, () => nested(depth - 1)));

class Wide {
  constructor() {
    Object.assign(this, keyed(1000));
  }
}

describe("the text of a large value is bounded", () => {
  it.each([
    ["an object of 100,000 keys", keyed(100_000), "… 99,900 more keys"],
    ["50 records of 500 keys", Array.from({ length: 50 }, () => keyed(500)), "more keys"],
    ["an object of a class", new Wide(), "Wide {"],
    ["lists in lists", nested(3), "more items"],
    ["many long texts", Array.from({ length: 100 }, () => "x".repeat(9_000)), "more characters"],
    ["one long text", "x".repeat(1_000_000), "more characters"],
    ["long names of keys", keyed(100, { ["k".repeat(100_000)]: 1 }), "…"],
    ["values of a Map", new Map([[1, keyed(5_000)]]), "more keys"],
    ["values of a Set", new Set([keyed(5_000)]), "more keys"],
    ["properties of a function", Object.assign(() => 1, keyed(50_000)), "more characters"],
    ["properties of an error", Object.assign(new Error("wide"), keyed(50_000)), "more characters"],
  ])("%s", (_, value, part) => {
    const text = valueText(value);
    expect(text.length).toBeLessThan(valueLimits.text + 100);
    expect(text).toContain(part);
  });
});

it("runs no getter and no trap of a proxy, and shows what refers to itself", () => {
  const never = (): never => {
    throw new Error("run");
  };
  const large: Record<string, unknown> = keyed(200);
  Object.defineProperty(large, "key0", { get: never, enumerable: true });
  large.key1 = new Proxy({}, { get: never, ownKeys: never, getPrototypeOf: never });
  large.key2 = large;
  expect(valueText(large)).toMatch(/key0: \[Getter\],\s+key1: (?:Proxy\(\{\}\)|\{\}),\s+key2: \[Circular \*1\]/);
});

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withTypedArray: true,
  withSparseArray: true,
  maxDepth: 3,
  maxKeys: 4,
});

it("a small value is shown as Node shows it", () => {
  const options = { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 };
  const check = fc.property(anything, (value) => {
    expect(valueText(value)).toBe(inspect(value, options));
  });
  fc.assert(check, { numRuns: 2000, seed: 20261128 });
});

it("many values of any kind together are shown with at most 40,000 characters", () => {
  const check = fc.property(anything, fc.integer({ min: 1, max: 5 }), (value, times) => {
    const list = Array.from({ length: times * 100 }, () => value);
    expect(valueText({ list, ...keyed(times * 100, { value, list }) }).length).toBeLessThan(valueLimits.text + 100);
  });
  fc.assert(check, { numRuns: 25, seed: 20261128 });
});
