import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, inject, it } from "vitest";
import { markedProcesses } from "../../src/core/liveness/process-table.js";
import { packageRoot } from "../../src/core/package-root.js";
import { takeGraphs } from "../support/compiled-graphs.js";
import { runVenv } from "../support/jupyter.js";
import { joined, outputsOf, readNotebook } from "../support/notebook.js";

const folder = mkdtempSync(join(tmpdir(), "many-nodes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the notebook of several nodes trains over two of them, reads all ranks, and names the rank that began a failure", async () => {
  const runs = join(folder, "mine/runs");
  mkdirSync(runs, { recursive: true });
  takeGraphs(inject("compiledGraphs"), runs);
  const notebook = join(packageRoot(), "notebooks", "30-many-nodes.ipynb");
  const words = [notebook, "out.ipynb", "-k", "mindformers-lab", "--no-progress-bar", "-p", "outputFolder", "mine"];
  const { status, stderr } = runVenv("papermill", words, { cwd: folder });
  expect(status, stderr.slice(-2000)).toBe(0);
  const outputs = outputsOf(readNotebook(join(folder, "out.ipynb")));
  const shown = outputs
    .map(({ text, data }) => joined(text ?? (data?.["text/plain"] as string | string[] | undefined)))
    .join("\n");
  expect(shown).toMatch(/node-1 +training/);
  expect(shown).toMatch(/rank 1 \| .*loss:/);
  expect(shown).toContain("mindspore");
  expect(shown).toMatch(/initiating: \[ 1 \]/);
  expect(shown).toContain("began with rank 1 on node-1");
  expect(shown).toContain("#SBATCH");
  for (const output of outputs) expect(JSON.stringify(output).length).toBeLessThan(120_000);
  expect(await markedProcesses("MF_LAB_RUN", join(runs, "wide"))).toEqual([]);
});
