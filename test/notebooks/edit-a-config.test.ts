import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { runVenv } from "../support/jupyter.js";
import { joined, outputsOf, readNotebook } from "../support/notebook.js";

it("the notebook on editing shows the tree, the differences, the YAML trap, the typing errors, the origins and the command line, and saves", () => {
  const folder = mkdtempSync(join(tmpdir(), "edit-a-config-"));
  try {
    const notebook = join(packageRoot(), "notebooks", "21-edit-a-config.ipynb");
    const { status, stderr } = runVenv("papermill", [notebook, "out.ipynb", "-k", "mindformers-lab"], { cwd: folder });
    expect(status, stderr.slice(-2000)).toBe(0);
    const outputs = outputsOf(readNotebook(join(folder, "out.ipynb")));
    const text = outputs
      .map((output) => joined(output.text) + joined(output.data?.["text/plain"] as string))
      .join("\n");
    const html = outputs.map((output) => joined(output.data?.["text/html"] as string)).join("\n");
    expect(html).toMatch(/<details[^>]*><summary[^>]*><b>parallel_config<\/b>/);
    expect(text).toMatch(/runner_config\.epochs +2 +1/);
    expect(text).toContain("learning_rate: 1.0e-5");
    expect(text).toContain("1e-5 is text for PyYAML");
    expect(text).toContain("did you mean runner_config.epochs?");
    expect(text).toContain("did you mean optimizer.weight_decay?");
    expect(text).toMatch(/seed = \d+ {3}\(template pretrain_deepseek3_1b, line \d+\)/);
    expect(text).toContain("default of MindFormers 1.9");
    expect(text).toContain("the command line can set values, but not remove them");
    expect(text).toContain("--lr_schedule.learning_rate 0.00001");
    expect(existsSync(join(folder, "my-config.yaml"))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
