import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runVenv } from "../support/jupyter.js";
import { screenshotPath } from "../support/lab-browser.js";
import { writeNotebook } from "../support/notebook.js";
import { openSharedLab } from "../support/shared-lab.js";

const sources = [
  [
    'import { lineChart, openConfig, openLive, planRun, searchLayouts } from "mindformers-lab";',
    "const loss = (count: number) => lineChart({",
    '  title: `Loss of ${count} steps`, x: { label: "step" }, y: { label: "loss" },',
    '  series: [{ name: "loss", x: Array.from({ length: count }, (_, i) => i),',
    "             y: Array.from({ length: count }, (_, i) => 7 / (1 + i / 20)) }],",
    "});",
    "loss(80)",
  ].join("\n"),
  [
    "const cluster = " +
      '{ device: "Ascend", nodes: ["10.0.0.1", "10.0.0.2"], devicesPerNode: 8, memoryPerDevice: "64GB" } as const;',
    'const plan = await planRun(await openConfig("pretrain_deepseek3_1b"), { cluster, onErrors: "show" });',
    'plan.meshFigure({ color: "memory" })',
  ].join("\n"),
  "let drawn = 20;\n" +
    "const live = openLive(loss(drawn));\nconst timer = setInterval(() => live.update(loss(++drawn)), 300);",
  'searchLayouts({ config: await openConfig("pretrain_deepseek3_671b"), devices: 256, memoryPerDevice: "64GB" })',
  "clearInterval(timer);\nlive.close();\n'closed'",
];
let lab: Awaited<ReturnType<typeof openSharedLab>>;
let page: Page;

beforeAll(async () => {
  lab = await openSharedLab("figures");
  writeNotebook(join(lab.folder, "figures.ipynb"), sources);
  page = await lab.open("figures.ipynb");
  for (const index of [0, 1]) await run(index);
  await page.waitForFunction(() => document.querySelectorAll(".mfl-Figure [data-draws]").length >= 2, undefined, {
    timeout: 120_000,
  });
});

afterAll(async () => {
  await lab?.close();
});

async function run(index: number): Promise<void> {
  const cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index);
  await cell.locator(".cm-content").click();
  // The outputs of the cells above may have moved this one while it was clicked.
  await page.locator(".jp-Notebook .jp-CodeCell.jp-mod-active").waitFor();
  const place = { index, before: await cell.locator(".jp-InputPrompt").first().textContent() };
  const isSent = () =>
    page.waitForFunction(
      (given) => {
        const cells = document.querySelectorAll(".jp-Notebook .jp-CodeCell");
        return cells[given.index]?.querySelector(".jp-InputPrompt")?.textContent !== given.before;
      },
      place,
      { timeout: 10_000 },
    );
  // A loaded page may not take keys yet: the prompt tells when the cell was sent.
  for (let sent = false; !sent; ) {
    await cell.and(page.locator(".jp-mod-active")).locator(".cm-content").press("Control+Enter");
    sent = await isSent().then(
      () => true,
      () => false,
    );
  }
}

/** Runs a command by the command palette. */
async function palette(command: string): Promise<void> {
  await page.keyboard.press("Control+Shift+c");
  const field = page.locator("#modal-command-palette input, .jp-ModalCommandPalette input").first();
  await field.fill(command);
  await page.locator(".lm-CommandPalette-item", { hasText: command }).first().waitFor();
  await field.press("Enter");
}

/** What the figures look like now, in the order of the page. */
function looks() {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".mfl-Figure")].map((figure) => {
      const svg = figure.querySelector(".main-svg");
      const title = figure.querySelector(".gtitle");
      return {
        cell: figure.clientWidth,
        width: Math.round(svg?.getBoundingClientRect().width ?? 0),
        height: Math.round(svg?.getBoundingClientRect().height ?? 0),
        title: title === null ? "" : getComputedStyle(title).fill,
        paper: svg === null ? "" : getComputedStyle(svg).backgroundColor,
      };
    }),
  );
}

const widthsFit = async () => (await looks()).every(({ width, cell }) => Math.abs(width - cell) <= 2);

const textColor = () =>
  page.evaluate(() => {
    const probe = document.createElement("span");
    probe.style.color = "var(--jp-content-font-color1)";
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  });

it("a figure that was white in the dark theme takes the theme's colors and keeps its size", async () => {
  const before = await looks();
  await palette("Use Theme: JupyterLab Dark");
  await page.waitForFunction(() => document.body.dataset.jpThemeLight === "false");
  const color = await textColor();
  await expect.poll(async () => (await looks()).map(({ title }) => title)).toEqual([color, color]);
  await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
  await expect.poll(widthsFit).toBe(true);
  const after = await looks();
  expect(after.map(({ height }) => height)).toEqual(before.map(({ height }) => height));
  expect(after.every(({ height, paper }) => height >= 200 && paper === "rgba(0, 0, 0, 0)")).toBe(true);
  await page.screenshot({ path: screenshotPath("figures-dark.png") });
});

it("a figure that collapsed to 29 pixels when the side bar was toggled follows the width of its cell", async () => {
  const before = await looks();
  for (let toggle = 0; toggle < 2; toggle++) {
    const [{ cell = 0 } = {}] = await looks();
    await palette("Show Left Sidebar");
    await expect.poll(async () => (await looks())[0]?.cell).not.toBe(cell);
    await expect.poll(widthsFit).toBe(true);
    expect((await looks()).map(({ height }) => height)).toEqual(before.map(({ height }) => height));
  }
  await page.screenshot({ path: screenshotPath("figures-side-bar.png") });
});

interface Drawn extends HTMLElement {
  readonly _fullLayout: { readonly xaxis: { readonly range: readonly number[] } };
}

const moving = () =>
  page.evaluate(() => {
    const plot = [...document.querySelectorAll<Drawn>(".mfl-Figure .js-plotly-plot")][2];
    plot?.setAttribute("data-seen", plot.getAttribute("data-seen") ?? "first");
    return {
      draws: Number(plot?.dataset.draws ?? 0),
      seen: plot?.dataset.seen,
      range: [...(plot?._fullLayout.xaxis.range ?? [])],
      figures: document.querySelectorAll(".mfl-Figure").length,
    };
  });

it("a moving figure is the interactive one: updates are drawn in place, and the zoom stays", async () => {
  await run(2);
  await expect.poll(async () => (await moving()).draws, { timeout: 20_000 }).toBeGreaterThan(2);
  const area = page.locator(".mfl-Figure").nth(2).locator(".nsewdrag").first();
  await area.scrollIntoViewIfNeeded();
  const box = await area.boundingBox();
  if (box === null) throw new Error("the figure has no drawing area");
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.52, { steps: 8 });
  await page.mouse.up();
  await expect.poll(async () => (await moving()).range[0] ?? 0).toBeGreaterThan(3);
  const zoomed = await moving();
  await expect.poll(async () => (await moving()).draws, { timeout: 20_000 }).toBeGreaterThan(zoomed.draws + 3);
  await run(4);
  await page.locator(".jp-OutputArea-output", { hasText: "closed" }).waitFor();
  const last = await moving();
  expect([last.range, last.seen, last.figures]).toEqual([zoomed.range, "first", 3]);
  await page.screenshot({ path: screenshotPath("figures-moving.png") });
});

it("on an A4 page of the exported notebook no figure and no table is cut at the right edge", async () => {
  await run(3);
  await page.locator(".mfl-table", { hasText: "MFU" }).waitFor();
  await page.keyboard.press("Control+s");
  await expect.poll(() => readFileSync(join(lab.folder, "figures.ipynb"), "utf8")).toContain("MFU");
  const { status, stderr } = runVenv("jupyter", ["nbconvert", "--to", "html", "figures.ipynb"], { cwd: lab.folder });
  expect(`${stderr}${status}`).toMatch(/0$/);
  // A4 at 96 dots per inch, without its margins.
  page.on("dialog", (dialog) => dialog.accept());
  await page.setViewportSize({ width: 718, height: 1000 });
  await page.emulateMedia({ media: "print" });
  await page.goto(`file://${join(lab.folder, "figures.html")}`);
  const rights = await page.evaluate(() =>
    [...document.querySelectorAll("img, svg, table")].map((element) => element.getBoundingClientRect().right),
  );
  expect(rights.length).toBeGreaterThanOrEqual(4);
  expect(Math.max(...rights)).toBeLessThanOrEqual(718);
  await page.screenshot({ path: screenshotPath("figures-print.png"), fullPage: true });
});
