import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the notebook of real faults heals from a kill, a cut checkpoint, and a hang, each resume exact", () => {
  const folder = mkdtempSync(join(tmpdir(), "recover-from-faults-"));
  try {
    const notebook = join(packageRoot(), "notebooks", "31-recover-from-faults.ipynb");
    const smaller = ["-p", "steps", "48", "-p", "seqLength", "64", "-p", "hangAfter", "15s"];
    const options = [notebook, "out.ipynb", "-k", "mindformers-lab", "--no-progress-bar", ...smaller];
    const { status, stderr } = runVenv("papermill", options, { cwd: folder });
    expect(status, stderr.slice(-3000)).toBe(0);
    const done = readNotebook(join(folder, "out.ipynb"));
    const shown = outputsOf(done)
      .map((output) => joined(output.text ?? (output.data?.["text/plain"] as string | string[] | undefined)))
      .join("\n");
    expect(shown).toContain("(passed over: step 24: ");
    expect(shown).toMatch(/rank 0 hangs after step \d+ of 48/);
    expect(shown).toContain("3 incidents of harmed");
    expect(shown).toContain("3 faults, 3 exact resumes, 48 steps");
    expect(figuresOf(done).length).toBeGreaterThanOrEqual(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
