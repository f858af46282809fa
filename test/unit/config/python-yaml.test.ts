import { describe, expect, test } from "vitest";
import {
  correctedNumber,
  formatNumber,
  formatScalar,
  intendedNumber,
  isPlainSafe,
  resolvePlain,
} from "../../../src/config/text/scalars.js";
import { parseYaml } from "../../../src/config/text/syntax.js";

describe("plain scalars are read as PyYAML reads them", () => {
  test.each([
    ["1e-5", "string", "1e-5"],
    ["1.0e5", "string", "1.0e5"],
    ["-.5", "string", "-.5"],
    ["08", "string", "08"],
    ["0o17", "string", "0o17"],
    ["1.e-8", "float", 1e-8],
    ["1.0e+5", "float", 1e5],
    [".5", "float", 0.5],
    ["1_000.5", "float", 1000.5],
    ["1:30.5", "float", 90.5],
    ["-.inf", "float", Number.NEGATIVE_INFINITY],
    [".NaN", "float", Number.NaN],
    ["010", "int", 8],
    ["0x_1F", "int", 31],
    ["0b1_1", "int", 3],
    ["1:30", "int", 90],
    ["-1_000", "int", -1000],
    ["on", "bool", true],
    ["No", "bool", false],
    ["y", "string", "y"],
    ["yEs", "string", "yEs"],
    ["~", "null", null],
    ["", "null", null],
    ["Null", "null", null],
    ["=", "unreadable", "="],
    ["2024-13-01", "unreadable", "2024-13-01"],
  ])("%j is %s", (text, kind, value) => {
    expect(resolvePlain(text)).toEqual({ kind, value });
  });

  test("integers beyond 2^53 keep every digit", () => {
    expect(resolvePlain("9007199254740993").value).toBe(9007199254740993n);
    expect(resolvePlain("9007199254740991").value).toBe(9007199254740991);
  });

  test("dates and times are dates, with their zone", () => {
    expect(resolvePlain("2024-01-02").value).toEqual(new Date("2024-01-02T00:00:00Z"));
    expect(resolvePlain("2024-01-02 03:04:05.5 +01:30").value).toEqual(new Date("2024-01-02T01:34:05.500Z"));
  });
});

describe("values are written so that PyYAML reads them back", () => {
  test.each([
    [1e-7, "1.0e-7"],
    [2.5e-8, "2.5e-8"],
    [1e21, "1.0e+21"],
    [0.001, "0.001"],
    [0.00002, "2.0e-5"],
    [3, "3"],
    [-0, "-0.0"],
    [Number.NaN, ".nan"],
    [Number.NEGATIVE_INFINITY, "-.inf"],
    [2 ** 60, "1152921504606846976"],
  ])("%d becomes %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
    expect(Number(resolvePlain(text).value)).toBe(value);
  });

  test("a whole number keeps a point where a float is wanted", () => {
    expect(formatNumber(1, true)).toBe("1.0");
  });

  test.each([
    "on",
    "1e-5",
    "12",
    "",
    "a: b",
    "# no",
    "~",
    "- x",
    "*x",
    "2024-01-02",
    "null",
    " x",
    "x ",
    "a,b",
    "=",
    "...",
    "tab\there",
  ])("the text %j is quoted", (text) => {
    expect(isPlainSafe(text)).toBe(false);
    expect(formatScalar(text)).toMatch(/^".*"$/s);
  });

  test.each(["/data/wiki_text_document", "seq_aux_loss", "1F1B", "58GB", "./output", "模型", "O0"])(
    "the text %j stays plain",
    (text) => {
      expect(formatScalar(text)).toBe(text);
    },
  );

  test("single quotes double a quote, and give way to double quotes for control characters", () => {
    expect(formatScalar("it's", { style: "single" })).toBe("'it''s'");
    expect(formatScalar("a\nb\u2028", { style: "single" })).toBe('"a\\nb\\u2028"');
  });
});

test("a number that PyYAML takes for text is recognized", () => {
  expect(intendedNumber("1e-5")).toBe(1e-5);
  expect(intendedNumber("1.0e5")).toBe(1e5);
  expect(intendedNumber("1.0e-5")).toBeUndefined();
  expect(intendedNumber("58GB")).toBeUndefined();
});

test.each([
  ["1e-5", "1.0e-5"],
  ["1.0E5", "1.0e+5"],
  ["-.5", "-0.5"],
  ["+3.e5", "+3.0e+5"],
  ["0o17", "15"],
])("%s is corrected to %s, which PyYAML reads as the same number", (text, cure) => {
  expect(correctedNumber(text)).toBe(cure);
  expect(resolvePlain(cure).value).toBe(Number(text));
});

test.each([
  ["\r", "000D"],
  ["\x85", "0085"],
  ["\u2028", "2028"],
  ["\u2029", "2029"],
])("%j, a line break to PyYAML only, is refused wherever it stands, with the line break to write", (mark, code) => {
  for (const text of [`a: 1${mark}b: 2`, `a: "x${mark} y"`, `a: |\n  x${mark}  y\n`, `a: 1 # c${mark}b: 2`]) {
    const { root, findings } = parseYaml(text);
    expect(root).toBeUndefined();
    expect(findings).toMatchObject([
      {
        offset: text.indexOf(mark),
        message: `character U+${code}, which PyYAML takes for a line break`,
        hint: "write a line break (\\n) in its place",
      },
    ]);
    expect(parseYaml(text.replace(mark, "\n")).findings).toEqual([]);
  }
});
