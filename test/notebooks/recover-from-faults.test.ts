import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { takeGraphs } from "../support/compiled-graphs.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the notebook of faults kills and freezes workers of a real training, which heals itself and accounts for it", () => {
  const folder = mkdtempSync(join(tmpdir(), "recover-from-faults-"));
  try {
    takeGraphs(inject("compiledGraphs"), join(folder, "mine", "runs"));
    const notebook = join(packageRoot(), "notebooks", "31-recover-from-faults.ipynb");
    const words = [notebook, "out.ipynb", "-k", "mindformers-lab", "-p", "outputFolder", "mine"];
    const { status, stderr } = runVenv("papermill", words, { cwd: folder });
    expect(status, stderr.slice(-2000)).toBe(0);
    const done = readNotebook(join(folder, "out.ipynb"));
    const shown = outputsOf(done)
      .map((output) => joined(output.text ?? (output.data?.["text/plain"] as string | string[] | undefined)))
      .join("\n");
    expect(shown).toContain("rank 1 was killed by SIGKILL");
    expect(shown).toMatch(/rank 0 hangs after step \d+ of 120/);
    expect(shown.match(/resume exact/g)?.length).toBeGreaterThanOrEqual(2);
    expect(shown).toMatch(/2 incidents; 120 steps/);
    expect(figuresOf(done).length).toBeGreaterThanOrEqual(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
