import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import type { TestProject } from "vitest/node";
import { startLab } from "./jupyter.js";
import { createKernelWorld } from "./kernelspec.js";
import { type LabBrowser, openBrowser } from "./lab-browser.js";

// JupyterLab takes longer to start than most tests of it take: the files of the project "browser" share one, each with
// a folder of its own.

declare module "vitest" {
  export interface ProvidedContext {
    readonly sharedLab: { readonly folder: string; readonly origin: string; readonly token: string };
  }
}

/** vitest's own name for what comes before all files of a project. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "shared-lab-"));
  const world = createKernelWorld();
  const { JUPYTER_PATH = "", JUPYTER_DATA_DIR = "" } = world.environment;
  const server = await startLab(folder, { JUPYTER_PATH, JUPYTER_DATA_DIR });
  project.provide("sharedLab", { folder, origin: server.origin, token: server.token });
  return async () => {
    await server.stop();
    world.remove();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** A browser for the shared JupyterLab, and the folder of it that belongs to one test file. */
export async function openSharedLab(name: string): Promise<LabBrowser & { readonly folder: string }> {
  const { folder, origin, token } = inject("sharedLab");
  const own = join(folder, name);
  mkdirSync(own);
  const browser = await openBrowser({ origin, token, prefix: `${name}/` });
  return { ...browser, folder: own };
}
