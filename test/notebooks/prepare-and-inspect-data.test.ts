import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the data notebook prepares two datasets, mixes them, shows a step of one rank, traces a sequence and writes the index files", () => {
  const folder = mkdtempSync(join(tmpdir(), "inspect-data-"));
  try {
    const notebook = join(packageRoot(), "notebooks", "11-prepare-and-inspect-data.ipynb");
    const { status, stderr } = runVenv("papermill", [notebook, "out.ipynb", "-k", "mindformers-lab"], { cwd: folder });
    expect(status, stderr.slice(-2000)).toBe(0);
    const executed = readNotebook(join(folder, "out.ipynb"));
    expect(figuresOf(executed)).toHaveLength(1);
    const tables = outputsOf(executed).map((output) => String(output.data?.["text/plain"] ?? ""));
    for (const title of [
      /^Epochs per dataset in 200 steps/,
      /^Step 12, rank 1/,
      /^Sequence \d+ of .* is read \d+ times/,
      /^Index cache: 8 files/,
    ])
      expect(tables.filter((table) => title.test(joined(table)))).toHaveLength(1);
    expect(joined(outputsOf(executed).findLast((output) => output.output_type === "stream")?.text)).toMatch(
      /403 samples in 200 steps; the small dataset is read 2\.8 times and runs dry at step 71\./,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
