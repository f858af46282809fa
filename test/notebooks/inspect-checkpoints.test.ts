import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { keepGraphs } from "../support/compiled-graphs.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the checkpoint notebook trains, finds a planted NaN and a cut file, compares, merges, and converts", () => {
  const folder = mkdtempSync(join(tmpdir(), "inspect-checkpoints-"));
  try {
    const notebook = join(packageRoot(), "notebooks", "40-inspect-checkpoints.ipynb");
    const options = [notebook, "out.ipynb", "-k", "mindformers-lab", "--no-progress-bar"];
    const { status, stderr } = runVenv("papermill", options, { cwd: folder });
    expect(status, stderr.slice(-3000)).toBe(0);
    keepGraphs(inject("compiledGraphs"), join(folder, "runs", "inspect-checkpoints", "runs"));
    const done = readNotebook(join(folder, "out.ipynb"));
    const shown = outputsOf(done)
      .map((output) => joined(output.data?.["text/plain"] as string | string[] | undefined))
      .join("\n");
    expect(shown).toContain("every byte is as sealed");
    expect(shown).toContain("expected finite values, found 1 NaN");
    expect(shown).toContain("Forecast: merge");
    expect(shown).toContain("model.layers.0.self_attn.kv_a_proj_with_mqa.weight");
    expect(figuresOf(done).length).toBeGreaterThanOrEqual(3);
    const verdict = joined(outputsOf(done).findLast((output) => output.output_type === "stream")?.text);
    expect(verdict).toContain("Found the NaN and the cut file");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
