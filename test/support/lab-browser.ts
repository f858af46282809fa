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

/** `environment`: further variables of JupyterLab's. */
export async function openLabBrowser(folder: string, environment: Record<string, string> = {}): Promise<LabBrowser> {
  const lab = await startLab(folder, environment);
  const browser = await openBrowser({ ...lab, prefix: "" }).catch(async (error: unknown) => {
    await lab.stop();
    throw error;
  });
  return {
    ...browser,
    async close() {
      await browser.close();
      await lab.stop();
    },
  };
}

let workspaces = 0;

/**
 * A browser for a running JupyterLab; `CHROME_PATH` names another one than Debian's Chromium. Notebooks are named
 * relative to `prefix`.
 */
export async function openBrowser(lab: { origin: string; token: string; prefix: string }): Promise<LabBrowser> {
  const executablePath = process.env.CHROME_PATH ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  return {
    async open(notebook, prepare) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 1100 } });
      page.setDefaultTimeout(60_000);
      prepare?.(page);
      const workspace = `test-${process.pid}-${workspaces++}`;
      const path = `${lab.prefix}${notebook}`;
      await page.goto(`${lab.origin}/lab/workspaces/${workspace}/tree/${path}?reset&token=${lab.token}`);
      await page.locator(".jp-Notebook").waitFor();
      await page.locator(".jp-Toolbar-kernelName", { hasText: "TypeScript (MindFormers)" }).first().waitFor();
      // The name appears before the connection, and JupyterLab drops cells that are run in between without a word.
      await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first().waitFor();
      return page;
    },
    close: () => browser.close(),
  };
}

/** Clicks an entry of a menu of JupyterLab's. */
export async function clickMenu(page: Page, menu: string, entry: RegExp): Promise<void> {
  await page.getByRole("menuitem", { name: menu, exact: true }).click();
  await page.getByRole("menuitem", { name: entry }).first().click();
}
