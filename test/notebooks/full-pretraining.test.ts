import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { keepGraphs } from "../support/compiled-graphs.js";
import { runVenv } from "../support/jupyter.js";
import { figuresOf, joined, type Notebook, outputsOf, readNotebook } from "../support/notebook.js";

const notebook = join(packageRoot(), "notebooks", "10-full-pretraining.ipynb");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "full-pretraining-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function papermill(output: string, parameters: Record<string, string | number>) {
  const options = Object.entries(parameters).flatMap(([name, value]) => ["-p", name, String(value)]);
  const result = runVenv("papermill", [notebook, output, "-k", "mindformers-lab", "--no-progress-bar", ...options], {
    cwd: folder,
  });
  return { ...result, notebook: () => readNotebook(join(folder, output)) };
}

/** The last line of standard output that the verdict cell printed. */
function verdict(executed: Notebook): string {
  return joined(outputsOf(executed).findLast((output) => output.output_type === "stream")?.text);
}

it("the main notebook runs through papermill from another folder: figure, falling loss, checkpoint by MindFormers, continued step counter", () => {
  const {
    status,
    stderr,
    notebook: executed,
  } = papermill("out.ipynb", { steps: 40, stopAt: 20, outputFolder: "mine" });
  expect(stderr.slice(-3000) + status).toMatch(/0$/);
  const figures = figuresOf(executed());
  expect(figures.length).toBeGreaterThanOrEqual(3);
  for (const { data = {} } of figures) {
    expect(Object.keys(data).sort()).toEqual([
      "application/vnd.mindformers-lab.figure+json",
      "application/vnd.plotly.v1+json",
      "image/svg+xml",
      "text/plain",
    ]);
  }
  expect(verdict(executed())).toMatch(
    /^Loss \d+\.\d+ → \d+\.\d+ in 40 steps; resumed at step \d+ from the checkpoint of step \d+\./,
  );
  expect(existsSync(join(folder, "mine", "runs", "first", "output", "checkpoint", "rank_0"))).toBe(true);
  keepGraphs(inject("compiledGraphs"), join(folder, "mine", "runs"));
});

it("a second run of the same notebook trains nothing again and ends the same way", () => {
  const began = Date.now();
  const { status, notebook: executed } = papermill("again.ipynb", { steps: 40, stopAt: 20, outputFolder: "mine" });
  expect(status).toBe(0);
  expect(verdict(executed())).toBe(verdict(readNotebook(join(folder, "out.ipynb"))));
  expect(Date.now() - began).toBeLessThan(60_000);
});

it("a failing cell gives a non-zero exit and an output notebook with the error in it", () => {
  writeFileSync(join(folder, "empty.txt"), "");
  const {
    status,
    stderr,
    notebook: executed,
  } = papermill("failed.ipynb", { corpus: "empty.txt", outputFolder: "failed" });
  expect(status).not.toBe(0);
  expect(stderr).toContain("empty.txt");
  const errors = outputsOf(executed()).filter((output) => output.output_type === "error");
  expect(errors).toHaveLength(1);
  expect(errors[0]?.evalue).toContain("empty.txt");
});

it("papermill --help-notebook shows the parameters with type and default", () => {
  const { status, stdout } = runVenv("papermill", ["--help-notebook", notebook]);
  expect(status).toBe(0);
  for (const line of [
    /corpus: string \(default sampleCorpus\(\)\)/,
    /steps: number \(default 120\)/,
    /workers: number \(default 2\)/,
  ])
    expect(stdout).toMatch(line);
});

it("nbconvert turns the executed notebook into HTML with the picture in it", () => {
  const { status } = runVenv(
    "jupyter",
    ["nbconvert", "--to", "html", join(folder, "out.ipynb"), "--output", "out.html"],
    { cwd: folder },
  );
  expect(status).toBe(0);
  expect(existsSync(join(folder, "out.html"))).toBe(true);
});
