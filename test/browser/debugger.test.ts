import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { type LabServer, startLab } from "../support/jupyter.js";

const screenshots = join(packageRoot(), "test", "reports", "screenshots");
const code =
  "const weights: number[] = [1, 2, 3];\nlet sum = 0;\nfor (const weight of weights) {\n  sum += weight;\n}\nsum";
let folder: string;
let lab: LabServer;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lab-debugger-"));
  mkdirSync(screenshots, { recursive: true });
  const kernelspec = { name: "mindformers-lab", display_name: "TypeScript (MindFormers)", language: "typescript" };
  const cell = { cell_type: "code", id: "loop", metadata: {}, execution_count: null, outputs: [], source: code };
  const notebook = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells: [cell] };
  writeFileSync(join(folder, "loop.ipynb"), JSON.stringify(notebook));
  lab = await startLab(folder);
  browser = await chromium.launch({
    executablePath: process.env.CHROME_PATH ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
});

afterAll(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 800 } });
  page.setDefaultTimeout(60_000);
  await page.goto(lab.notebookUrl("loop.ipynb"));
  await page.locator(".jp-Toolbar-kernelName", { hasText: "TypeScript (MindFormers)" }).first().waitFor();
  return page;
}

it("JupyterLab's debugger stops a cell at a breakpoint, shows its variables, steps, and lets it go on", async () => {
  const page = await open();
  await page.locator(".jp-DebuggerBugButton:not([aria-disabled='true'])").first().click();
  await page.locator(".jp-DebuggerBugButton[aria-pressed='true']").first().waitFor();
  const cell = page.locator(".jp-Notebook .jp-CodeCell").first();
  // The first element of a gutter is only there for its width.
  const fourthLine = cell.locator(".cm-breakpoint-gutter .cm-gutterElement").nth(4);
  const breakpoint = fourthLine.locator(".cm-breakpoint-icon");
  await fourthLine.waitFor();
  // The gutter is there a moment before it listens.
  for (let attempt = 0; attempt < 5 && (await breakpoint.count()) === 0; attempt++) {
    await fourthLine.click();
    await breakpoint.waitFor({ timeout: 3000 }).catch(() => undefined);
  }
  await cell.locator(".cm-line").first().click();
  await page.keyboard.press("Control+Enter");
  const line = cell.locator(".jp-DebuggerEditor-highlight");
  await line.waitFor();
  expect(await line.textContent()).toContain("sum += weight");
  const variables = page.locator(".jp-DebuggerVariables-body");
  await variables.getByText("weight", { exact: false }).first().waitFor();
  await page.locator(".jp-DebuggerCallstack-body li, .jp-DebuggerCallstackFrame").first().waitFor();
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(screenshots, "debugger.png") });
  await page.getByTitle(/^Next/).first().click();
  await expect.poll(() => line.textContent(), { timeout: 30_000 }).toContain("for (const weight");
  await fourthLine.click();
  await breakpoint.waitFor({ state: "detached" });
  await page
    .getByTitle(/^Continue/)
    .first()
    .click();
  await cell.locator(".jp-OutputArea-executeResult", { hasText: "6" }).waitFor();
});
