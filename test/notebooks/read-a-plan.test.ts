import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { bundleBytes, maximumBundleBytes } from "../../src/view/budget.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the plan notebook reads every part of a 1,024-device plan, refuses the one with a mistake, and ejects to Slurm, Kubernetes and the launcher script", () => {
  const folder = mkdtempSync(join(tmpdir(), "read-a-plan-"));
  try {
    const notebook = join(packageRoot(), "notebooks", "22-read-a-plan.ipynb");
    const { status, stderr } = runVenv("papermill", [notebook, "out.ipynb", "-k", "mindformers-lab"], { cwd: folder });
    expect(status, stderr.slice(-2000)).toBe(0);
    const executed = readNotebook(join(folder, "out.ipynb"));
    const outputs = outputsOf(executed);
    const text = outputs
      .map(({ text: stream, data }) => joined(stream) + joined(data?.["text/plain"] as string))
      .join("\n");
    for (const part of [
      "1,024 Ascend NPUs, 128 nodes",
      "whole run  14d 22h without failures, 366,665 NPU-hours",
      "stage 7: ranks 896–1023",
      "Pipeline: one step, 17.2 % bubble",
      "the plan has an error, so nothing was started",
      "#SBATCH --nodes=128",
      "1024 8 10.0.0.1 8118 127 /shared/deepseek-671b/logs True 7200",
      "node_rank must be 0 to 127: 1024 workers / 8 on each node = 128 nodes",
      "128 nodes; the last one:",
    ])
      expect(text).toContain(part);
    const figures = figuresOf(executed);
    expect(figures).toHaveLength(5);
    for (const { data = {} } of figures) {
      expect(Object.keys(data).sort()).toEqual([
        "application/vnd.mindformers-lab.figure+json",
        "application/vnd.plotly.v1+json",
        "image/svg+xml",
        "text/plain",
      ]);
      expect(bundleBytes(data)).toBeLessThanOrEqual(maximumBundleBytes * 1.1);
    }
    expect(existsSync(join(folder, "ejected", "job.yaml"))).toBe(true);
    expect(existsSync(join(folder, "runs"))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
