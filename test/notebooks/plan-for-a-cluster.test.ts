import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { runVenv } from "../support/jupyter.js";
import { joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the cluster notebook plans the 671B model for 32 nodes, prints the first and the last node's command, and shows what a wrong mesh says", () => {
  const folder = mkdtempSync(join(tmpdir(), "plan-for-a-cluster-"));
  try {
    const notebook = join(packageRoot(), "notebooks", "20-plan-for-a-cluster.ipynb");
    const { status, stderr } = runVenv("papermill", [notebook, "out.ipynb", "-k", "mindformers-lab"], { cwd: folder });
    expect(status, stderr.slice(-2000)).toBe(0);
    const printed = outputsOf(readNotebook(join(folder, "out.ipynb")))
      .map((output) => joined(output.text))
      .join("\n");
    expect(printed).toMatch(
      /# 10\.0\.0\.1 \(node rank 0\)\n\S+msrun --worker_num=256 --local_worker_num=8 --master_addr=10\.0\.0\.1/,
    );
    expect(printed).toMatch(/# 10\.0\.0\.32 \(node rank 31\)\n.*--node_rank=31 /);
    expect(printed).toContain("data_parallel 4 · model_parallel 3 · pipeline_stage 8 = 96, but the cluster has 256");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
