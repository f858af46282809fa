import { setFlagsFromString } from "node:v8";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createVariables, liveVariables } from "../../../../kernel/evaluate/run/variables.js";

let isFast: (object: object) => boolean;
beforeAll(() => {
  setFlagsFromString("--allow-natives-syntax");
  isFast = new Function("object", "return %HasFastProperties(object)") as typeof isFast;
});
afterAll(() => setFlagsFromString("--no-allow-natives-syntax"));

function assign(variables: Record<string, unknown>, name: string): void {
  new Function("exports", `exports.${name} = void 0; exports.${name} = 1`)(variables);
}

it("500 variables keep fixed places: with 134 of them every loop of a cell became ten times slower", () => {
  const variables = createVariables();
  expect(Object.getPrototypeOf(variables)).toBeNull();
  expect(Object.keys(variables)).toEqual([]);
  for (let k = 0; k < 500; k++) assign(variables, `v${k}`);
  expect(isFast(variables)).toBe(true);
});

it("an import that runs again leaves the variables their places: loops became ten times slower", () => {
  const variables = createVariables();
  const live = liveVariables(variables);
  assign(variables, "before");
  for (const value of [1, 2]) {
    live("imported", () => value);
    expect(variables.imported).toBe(value);
  }
  assign(variables, "after");
  expect(isFast(variables)).toBe(true);
});

it("a variable takes the place of an import, and an import that of a variable", () => {
  const variables = createVariables();
  const live = liveVariables(variables);
  live("a", () => 1);
  variables.a = 2;
  expect(variables.a).toBe(2);
  live("a", () => 3);
  expect(variables.a).toBe(3);
  assign(variables, "b");
  live("b", () => 4);
  expect(variables.b).toBe(4);
});
