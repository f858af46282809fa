import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { takeGraphs } from "../support/compiled-graphs.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the notebook of real faults heals from a cut checkpoint, a kill, and a hang, each resume exact", () => {
  const folder = mkdtempSync(join(tmpdir(), "recover-from-faults-"));
  const runs = join(folder, "mine", "runs");
  try {
    mkdirSync(runs, { recursive: true });
    takeGraphs(inject("compiledGraphs"), runs);
    const notebook = join(packageRoot(), "notebooks", "31-recover-from-faults.ipynb");
    const options = [notebook, "out.ipynb", "-k", "mindformers-lab", "--no-progress-bar"];
    const smaller = ["-p", "outputFolder", "mine", "-p", "steps", "48", "-p", "hangAfter", "15s"];
    const { status, stderr } = runVenv("papermill", [...options, ...smaller], { cwd: folder });
    expect(status, stderr.slice(-3000)).toBe(0);
    const done = readNotebook(join(folder, "out.ipynb"));
    const shown = outputsOf(done)
      .map((output) => joined(output.text ?? (output.data?.["text/plain"] as string | string[] | undefined)))
      .join("\n");
    expect(shown).toMatch(/\(skipped: step \d+: /);
    expect(shown).toMatch(/rank 0 hangs after step \d+ of 48/);
    expect(shown).toMatch(/\d incidents of harmed/);
    expect(shown).toMatch(/\d faults, \d exact resumes, 48 steps/);
    expect(figuresOf(done).length).toBeGreaterThanOrEqual(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
