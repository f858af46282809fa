import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { takeGraphs } from "../support/compiled-graphs.js";
import { runVenv } from "../support/jupyter.js";
import { clickMenu, type LabBrowser, openLabBrowser, screenshotPath } from "../support/lab-browser.js";
import { readNotebook } from "../support/notebook.js";

const name = "10-full-pretraining.ipynb";
/** A third of the notebook's own 120: `npm start` does them all. */
const steps = 40;
const stopAt = 20;
/** What the last cell prints; the figures have texts too, and may say the same. */
const printedText = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stdout"]';
let folder: string;
let lab: LabBrowser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lab-browser-"));
  const parameters = ["-p", "steps", String(steps), "-p", "stopAt", String(stopAt)];
  const original = join(packageRoot(), "notebooks", name);
  const prepared = runVenv("papermill", [original, name, "--prepare-only", "-k", "mindformers-lab", ...parameters], {
    cwd: folder,
  });
  expect(prepared.stderr + prepared.status).toMatch(/0$/);
  takeGraphs(inject("compiledGraphs"), join(folder, "runs", "full-pretraining", "runs"));
  lab = await openLabBrowser(folder);
});

afterAll(async () => {
  await lab?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The step that the title of the first moving figure speaks of; 0 before the first. */
function figureStep(page: Page): Promise<number> {
  return page.evaluate(() => {
    const title = document.querySelector(".mfl-Figure .gtitle")?.textContent ?? "";
    return Number(/step (\d+) of/.exec(title)?.[1] ?? 0);
  });
}

async function waitForStep(page: Page, atLeast: number): Promise<number> {
  for (let tick = 0; tick < 1000; tick++) {
    const step = await figureStep(page);
    if (step >= atLeast) return step;
    await page.waitForTimeout(250);
  }
  throw new Error(`no figure of step ${atLeast}:\n${await page.locator(".jp-Notebook").textContent()}`);
}

// Not the locator's own scrolling: a moving output is replaced while one asks it to scroll.
function scrollTo(page: Page, selector: string): Promise<void> {
  return page.evaluate(
    (wanted) => [...document.querySelectorAll(wanted)].at(-1)?.scrollIntoView({ block: "center" }),
    selector,
  );
}

/** Points of every figure that plotly has drawn in the page, in the order of the figures. */
function drawnPoints(page: Page): Promise<number[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll(".js-plotly-plot")].map((plot) => {
      const { data } = plot as unknown as { data: { x: ArrayLike<number> }[] };
      return data.reduce((sum, trace) => sum + trace.x.length, 0);
    }),
  );
}

it("the main notebook runs in JupyterLab; the loss plot moves while the training runs", async () => {
  const page = await lab.open(name);
  await clickMenu(page, "Run", /^Run All Cells/);
  const early = await waitForStep(page, 2);
  const later = await waitForStep(page, early + 10);
  await waitForStep(page, stopAt - 5);
  await scrollTo(page, ".mfl-Figure");
  await page.screenshot({ path: screenshotPath("live-plot.png") });
  expect(later).toBeGreaterThan(early);

  await page.locator(printedText, { hasText: /resumed at step \d+ from the checkpoint/ }).waitFor({ timeout: 400_000 });
  await page.keyboard.press("Control+s");
  await scrollTo(page, ".js-plotly-plot");
  await page.waitForTimeout(1500);
  await page.screenshot({ path: screenshotPath("two-runs.png") });
  const [first = 0, resumed = 0, both = 0] = await drawnPoints(page);
  expect([first >= stopAt, resumed, both]).toEqual([true, steps - first, steps]);
  const code = readNotebook(join(folder, name)).cells.filter((cell) => cell.cell_type === "code");
  expect(code.flatMap((cell) => cell.outputs ?? []).filter((output) => output.output_type === "error")).toEqual([]);
  expect(code.every((cell) => typeof cell.execution_count === "number")).toBe(true);
});
