import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonFault } from "../../../../src/data/text/json-fault.js";

it.each([
  ['{"a": 1,}', 8, "a key in quotes", '"}"'],
  ["{oops}", 1, "a key in quotes", '"o"'],
  ['{"a" 1}', 5, '":"', '"1"'],
  ['{"a": }', 6, "a value", '"}"'],
  ['{"a": "x', 8, "a closing quote", "the end of the line"],
  ['{"a": "\\x"}', 7, 'an escape such as \\n, \\" or \\u00e9', '"\\\\"'],
  ['{"a": [1 2]}', 9, '"," or "]"', '"2"'],
  ['{"a": 01}', 7, '"," or "}"', '"1"'],
  ['{"a": 1} {"b": 2}', 9, "the end of the line behind the value", '"{"'],
  ['{"a": 1', 7, '"," or "}"', "the end of the line"],
  ["{'a': 1}", 1, "a key in quotes", '"\'"'],
  ['\ufeff{"a": 1}', 0, "a value", "the invisible character U+FEFF"],
  ['{"a":\u00a01}', 5, "a value", "the invisible character U+00A0"],
  ['{"é😀": tru}', 8, "a value", '"t"'],
])("%s: position %i, expected %s", (text, at, expected, found) => {
  expect(jsonFault(text)).toEqual({ at, expected, found });
});

it("20,000 random texts: there is a fault exactly where JSON.parse finds one, and at a place before which all is well", () => {
  const value = fc.json({ maxDepth: 3 });
  const damaged = fc
    .tuple(
      value,
      fc.nat(),
      fc.constantFrom("", "{", "}", "[", "]", ",", ":", '"', "\\", "1", "e", "-", ".", " ", "\u0001", "t"),
    )
    .map(([text, at, put]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + (put === "" ? 1 : 0));
    });
  let faults = 0;
  fc.assert(
    fc.property(damaged, (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      const fault = jsonFault(text);
      expect(fault === undefined, text).toBe(isJson);
      if (fault) expect(fault.at).toBeLessThanOrEqual(text.length);
      faults += isJson ? 0 : 1;
    }),
    { numRuns: 20_000, seed: 5 },
  );
  expect(faults).toBeGreaterThan(2000);
});
