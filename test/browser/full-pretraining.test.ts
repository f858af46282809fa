import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { takeGraphs } from "../support/compiled-graphs.js";
import { runVenv } from "../support/jupyter.js";
import { clickMenu, type LabBrowser, openLabBrowser, screenshotPath } from "../support/lab-browser.js";
import { joined, outputsOf, readNotebook } from "../support/notebook.js";

const name = "10-full-pretraining.ipynb";
/** A third of the notebook's own 120: `npm start` does them all. */
const steps = 45;
const stopAt = 25;
const verdict = /resumed at step \d+ from the checkpoint/;
const errorText = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]';
/** What the last cell prints; the figures have texts too, and may say the same. */
const printedText = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stdout"]';
let folder: string;
let lab: LabBrowser;
let page: Page;

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

/** The notebook's outputs on disk. */
const savedOutputs = () => outputsOf(readNotebook(join(folder, name)));

/** Runs all cells to the verdict of the last one and saves; returns the seconds that it took. */
async function runToTheEnd(page: Page): Promise<number> {
  await clickMenu(page, "Edit", /^Clear Outputs of All Cells/);
  await page.locator(printedText).first().waitFor({ state: "detached" });
  const began = performance.now();
  await clickMenu(page, "Run", /^Run All Cells/);
  await page.locator(printedText, { hasText: verdict }).waitFor({ timeout: 400_000 });
  const seconds = (performance.now() - began) / 1000;
  await page.keyboard.press("Control+s");
  await expect.poll(() => savedOutputs().filter(({ text }) => verdict.test(joined(text))).length).toBe(1);
  const code = readNotebook(join(folder, name)).cells.filter((cell) => cell.cell_type === "code");
  expect(savedOutputs().filter((output) => output.output_type === "error")).toEqual([]);
  expect(code.every((cell) => typeof cell.execution_count === "number")).toBe(true);
  return seconds;
}

/** The runs that lie on disk with the number of times the engine was started for each. */
function trainings(): Record<string, number> {
  const runs = join(folder, "runs", "full-pretraining", "runs");
  const names = readdirSync(runs).filter((entry) => existsSync(join(runs, entry, "run.json")));
  const attempts = (run: string) => readdirSync(join(runs, run, "logs")).filter((each) => each.startsWith("attempt-"));
  return Object.fromEntries(names.sort().map((run) => [run, attempts(run).length]));
}

it("the main notebook, interrupted in the middle: kernel restarted, browser reopened, Run All ends green with one training", async () => {
  const first = await lab.open(name);
  await clickMenu(first, "Run", /^Run All Cells/);
  const early = await waitForStep(first, 2);
  expect(await waitForStep(first, early + 2)).toBeGreaterThan(early);
  await clickMenu(first, "Kernel", /^Interrupt Kernel/);
  await first.locator(errorText, { hasText: "KeyboardInterrupt" }).waitFor();
  await clickMenu(first, "Kernel", /^Restart Kernel…/);
  await first.locator(".jp-Dialog .jp-mod-accept").click();
  await first.locator(".jp-Dialog").waitFor({ state: "detached" });
  await first.keyboard.press("Control+s");
  await expect.poll(() => savedOutputs().filter((output) => output.output_type === "error")).toHaveLength(1);
  await first.close();

  page = await lab.open(name);
  const whole = runToTheEnd(page);
  await waitForStep(page, stopAt - 5);
  await scrollTo(page, ".mfl-Figure");
  await page.screenshot({ path: screenshotPath("live-plot.png") });
  await whole;
  await scrollTo(page, ".js-plotly-plot");
  await page.waitForTimeout(1500);
  await page.screenshot({ path: screenshotPath("two-runs.png") });
  const [before = 0, resumed = 0, both = 0] = await drawnPoints(page);
  expect([before >= stopAt, resumed, both]).toEqual([true, steps - before, steps]);
  expect(trainings()).toEqual({ first: 1, resumed: 1 });
});

it("the main notebook run twice more after the end, once in a new kernel, is green, quick, and trains nothing", async () => {
  const again = await runToTheEnd(page);
  await clickMenu(page, "Kernel", /^Restart Kernel…/);
  await page.locator(".jp-Dialog .jp-mod-accept").click();
  await page.locator(".jp-Dialog").waitFor({ state: "detached" });
  const inNewKernel = await runToTheEnd(page);
  expect(Math.max(again, inNewKernel)).toBeLessThan(60);
  expect(trainings()).toEqual({ first: 1, resumed: 1 });
});
