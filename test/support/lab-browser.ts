import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { packageRoot } from "../../src/core/package-root.js";
import { startLab } from "./jupyter.js";

/** JupyterLab on a folder, and a browser for it. */
export interface LabBrowser {
  /** Opens a notebook, which must be one of our kernel's; resolves when its kernel is there. */
  open(notebook: string, prepare?: (page: Page) => void): Promise<Page>;
  close(): Promise<void>;
}

const screenshots = join(packageRoot(), "test", "reports", "screenshots");

/** Where a picture of the page goes. */
export function screenshotPath(name: string): string {
  mkdirSync(screenshots, { recursive: true });
  return join(screenshots, name);
}

/** `environment`: further variables of JupyterLab's; `CHROME_PATH` names another browser than Debian's Chromium. */
export async function openLabBrowser(folder: string, environment: Record<string, string> = {}): Promise<LabBrowser> {
  const lab = await startLab(folder, environment);
  const executablePath = process.env.CHROME_PATH ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] }).catch(async (error: unknown) => {
    await lab.stop();
    throw error;
  });
  return {
    async open(notebook, prepare) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 1100 } });
      page.setDefaultTimeout(60_000);
      prepare?.(page);
      await page.goto(lab.notebookUrl(notebook));
      await page.locator(".jp-Notebook").waitFor();
      await page.locator(".jp-Toolbar-kernelName", { hasText: "TypeScript (MindFormers)" }).first().waitFor();
      return page;
    },
    async close() {
      await browser.close();
      await lab.stop();
    },
  };
}

/** Clicks an entry of a menu of JupyterLab's. */
export async function clickMenu(page: Page, menu: string, entry: RegExp): Promise<void> {
  await page.getByRole("menuitem", { name: menu, exact: true }).click();
  await page.getByRole("menuitem", { name: entry }).first().click();
}
