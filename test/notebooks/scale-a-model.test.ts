import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the scaling notebook ranks layouts, draws memory against time, and scales 671B to eight devices and to a laptop", () => {
  const folder = mkdtempSync(join(tmpdir(), "scale-a-model-"));
  try {
    const notebook = join(packageRoot(), "notebooks", "23-scale-a-model.ipynb");
    const { status, stderr } = runVenv("papermill", [notebook, "out.ipynb", "-k", "mindformers-lab"], { cwd: folder });
    expect(status, stderr.slice(-2000)).toBe(0);
    const done = readNotebook(join(folder, "out.ipynb"));
    const shown = outputsOf(done)
      .map((output) => joined(output.data?.["text/plain"] as string | string[] | undefined))
      .join("\n");
    expect(shown).toContain("682,636,487,424 parameters");
    expect(shown).toContain("Layouts for 256 devices, global batch 128, fastest first");
    expect(shown).toMatch(/none of [\d,]+ legal layouts fits/);
    expect(shown).toContain("Scaled to 8 NPUs of 64GB");
    expect(shown).toContain("Scaled to 2 CPU workers of 6GB");
    // Eight devices: nothing but advice. Laptop: nothing.
    expect(shown).toContain("2 pieces of advice");
    expect(shown.match(/no findings/g)).toHaveLength(1);
    const [figure] = figuresOf(done);
    expect(Object.keys(figure?.data ?? {}).sort()).toEqual([
      "application/vnd.mindformers-lab.figure+json",
      "application/vnd.plotly.v1+json",
      "image/svg+xml",
      "text/plain",
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
