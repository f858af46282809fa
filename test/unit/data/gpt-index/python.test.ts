import { describe, expect, it } from "vitest";
import { PythonFloat, pythonJson } from "../../../../src/data/gpt-index/python-json.js";
import {
  numpySum,
  parsePythonFloat,
  pythonFloat,
  roundHalfEven,
} from "../../../../src/data/gpt-index/python-numbers.js";

// Expected values printed by Python 3.11 and numpy 1.26.4.

describe("numbers as Python treats them", () => {
  it("round halves to even numbers", () => {
    expect([0.5, 1.5, 2.5, 3.4999, 3.5, 1e9 + 0.5, 7].map(roundHalfEven)).toEqual([0, 2, 2, 3, 4, 1e9, 7]);
  });

  it("are written as repr writes them", () => {
    const values = [
      0.1,
      1e-5,
      1e16,
      123456789012345680,
      1e22,
      1e-4,
      100,
      0.1 + 0.2,
      5e-324,
      -0,
      1.5e300,
      1e15,
      123456.75,
    ];
    expect(values.map(pythonFloat).join(", ")).toBe(
      "0.1, 1e-05, 1e+16, 1.2345678901234568e+17, 1e+22, 0.0001, 100.0, 0.30000000000000004, " +
        "5e-324, -0.0, 1.5e+300, 1000000000000000.0, 123456.75",
    );
  });

  it("are read as float() reads them", () => {
    const good = {
      "30": 30,
      " 0.5\n": 0.5,
      "1e-3": 1e-3,
      ".5": 0.5,
      "5.": 5,
      "1_000": 1000,
      "-2": -2,
      inf: Number.POSITIVE_INFINITY,
    };
    for (const [text, value] of Object.entries(good)) expect(parsePythonFloat(text), text).toBe(value);
    expect(parsePythonFloat("NaN")).toBeNaN();
    for (const text of ["", "1__0", "_1", "0x10", "1e", "data/1", "1 0", "."])
      expect(parsePythonFloat(text), text).toBeUndefined();
  });

  it("add up as numpy.sum adds them: pairwise, with eight running sums", () => {
    const values = Array.from({ length: 300 }, (_, i) => 1 / (i + 1) + (i % 7) * 1e3);
    const sums = {
      3: 3001.833333333333,
      7: 21002.59285714286,
      8: 21002.717857142856,
      9: 22002.828968253965,
      17: 45003.43955252264,
      128: 379005.4331470926,
      129: 381005.44089903054,
      200: 594005.8780309481,
      257: 766006.1282360133,
      300: 897006.2826638803,
    };
    for (const [count, sum] of Object.entries(sums)) expect(numpySum(values.slice(0, Number(count))), count).toBe(sum);
  });
});

it("JSON is written to the letter as json.dumps(value, indent=4) writes it", () => {
  const value = { a: [], b: 'é\n\u2028😀\x7f"\\\t\x01/', c: [1, [new PythonFloat(2), null]] };
  expect(pythonJson(value)).toBe(
    '{\n    "a": [],\n    "b": "\\u00e9\\n\\u2028\\ud83d\\ude00\\u007f\\"\\\\\\t\\u0001/",\n' +
      '    "c": [\n        1,\n        [\n            2.0,\n            null\n        ]\n    ]\n}',
  );
});
