import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { KernelError, reasonOf } from "../core/error.js";
import { formatKernelspec } from "./kernelspec.js";
import { logoFiles } from "./logo.js";

export interface InstallOptions {
  /** Folder of the kernelspec; see `kernelspecFolder`. */
  readonly folder: string;
  /** Absolute path of the program that runs the kernel. */
  readonly node: string;
  /** Absolute path of the compiled `kernel/main.js`. */
  readonly program: string;
}

/**
 * Writes the kernelspec. kernel.json comes last and by renaming: Jupyter sees either what was there before or the whole
 * new one. Throws `KernelError` if the folder cannot be written.
 */
export async function installKernelspec({ folder, node, program }: InstallOptions): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(logoFiles)) await replaceFile(join(folder, name), content);
    await replaceFile(join(folder, "kernel.json"), formatKernelspec({ node, program }));
  } catch (error) {
    throw new KernelError(
      `kernelspec folder ${folder}: expected a folder that can be written, found ${reasonOf(error)}`,
      "choose another place with --user or --prefix",
    );
  }
}

/** Removes a kernelspec of this kernel; true if there was one. Throws `KernelError` for one of another kernel. */
export async function uninstallKernelspec(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, "kernel.json"), "utf8").catch(() => undefined);
  if (text === undefined) return false;
  if (!isOurs(text)) {
    throw new KernelError(
      `kernelspec folder ${folder}: expected this kernel's, found another kernel's`,
      `to remove it anyway: rm -r ${folder}`,
    );
  }
  await rm(folder, { recursive: true });
  return true;
}

/** True for a kernel.json that `formatKernelspec` wrote, in any version and for any folder. */
function isOurs(text: string): boolean {
  try {
    const { argv } = JSON.parse(text) as { argv?: unknown };
    return Array.isArray(argv) && /[\\/]dist[\\/]kernel[\\/]main\.js$/.test(String(argv[1]));
  } catch {
    return false;
  }
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
