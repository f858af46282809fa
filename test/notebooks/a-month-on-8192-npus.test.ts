import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the notebook of a simulated month finds the interval that makes it effective, and explains scripted faults", () => {
  const folder = mkdtempSync(join(tmpdir(), "a-month-"));
  try {
    const notebook = join(packageRoot(), "notebooks", "32-a-month-on-8192-npus.ipynb");
    const { status, stderr } = runVenv("papermill", [notebook, "out.ipynb", "-k", "mindformers-lab"], { cwd: folder });
    expect(status, stderr.slice(-2000)).toBe(0);
    const done = readNotebook(join(folder, "out.ipynb"));
    const shown = outputsOf(done)
      .map((output) => joined(output.text ?? (output.data?.["text/plain"] as string | string[] | undefined)))
      .join("\n");
    const [, before, after] = /effective training time ([\d.]+) % → ([\d.]+) %/.exec(shown) ?? [];
    expect(Number(before)).toBeLessThan(50);
    expect(Number(after)).toBeGreaterThan(93);
    expect(shown).toContain("simulated: 1024 × 8 devices that do not exist");
    expect(shown).toMatch(/spare node-\d+ takes the place of node-\d+/);
    expect(shown).toMatch(/skip-data/);
    expect(Number(/formula and simulation differ by at most ([\d.]+) points/.exec(shown)?.[1])).toBeLessThan(10);
    expect(figuresOf(done).length).toBeGreaterThanOrEqual(4);
    for (const output of outputsOf(done)) expect(JSON.stringify(output).length).toBeLessThan(120_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
