import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createKernelWorld, type KernelWorld } from "../../support/kernelspec.js";

interface Check {
  readonly name: string;
  readonly failure: string | null;
  readonly seconds: number;
}

let world: KernelWorld;
let checks: Check[];

beforeAll(async () => {
  world = createKernelWorld();
  const { stdout, stderr } = await world.python([join(import.meta.dirname, "behavior.py")]);
  checks = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Check);
  if (checks.length === 0) throw new Error(`behavior.py printed no checks:\n${stderr}`);
});
afterAll(() => world.remove());

it("behaves as Jupyter's own client expects in every check of behavior.py", () => {
  console.log(checks.map(({ name, seconds }) => `${name}: ${seconds} s`).join("\n"));
  const failures = checks.filter(({ failure }) => failure !== null);
  expect(failures.map(({ name, failure }) => `${name}\n${failure}`)).toEqual([]);
  expect(checks.length).toBeGreaterThan(20);
});
