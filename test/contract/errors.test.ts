import { expect, it } from "vitest";
import { errorCatalog } from "../../src/core/errors/catalog.js";
import { sourcesIn } from "./sources.js";

const codes = Object.keys(errorCatalog);
const text = sourcesIn("src")
  .filter(({ path }) => !path.startsWith("src/core/errors/"))
  .map((source) => source.text)
  .join("\n");

it("every error code is thrown somewhere: no dead entries in the catalog", () => {
  expect(codes.filter((code) => !text.includes(`"${code}"`))).toEqual([]);
});

it("every error code has a meaning and a cure that are sentences", () => {
  for (const [code, { meaning, cure }] of Object.entries(errorCatalog)) {
    expect(meaning, code).toMatch(/^[A-Z`].{10,}\.$/);
    expect(cure, code).toMatch(/^[A-Z`].{10,}\.$/);
  }
});

it("error codes are upper-case words", () => {
  expect(codes.filter((code) => !/^[A-Z]+(_[A-Z0-9]+)*$/.test(code))).toEqual([]);
});
