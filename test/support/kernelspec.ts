import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtFile } from "../../src/core/package-root.js";
import { venvEnvironment, venvProgram } from "./jupyter.js";

/**
 * A Jupyter world of its own in a temporary folder: only our kernel is installed in it, and nothing of the user's is
 * read or written.
 */
export interface KernelWorld {
  readonly folder: string;
  /** What its programs find in their environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs a Python program to its end; its standard output, and what it wrote to standard error. */
  python(
    args: readonly string[],
    timeoutMs?: number,
  ): Promise<{ status: number | null; stdout: string; stderr: string }>;
  remove(): void;
}

/** `extra`: further variables of the programs' environment. */
export function createKernelWorld(extra: Readonly<Record<string, string>> = {}): KernelWorld {
  const folder = mkdtempSync(join(tmpdir(), "kernel-world-"));
  const environment = venvEnvironment({
    JUPYTER_PATH: join(folder, "share", "jupyter"),
    JUPYTER_DATA_DIR: join(folder, "data"),
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    IPYTHONDIR: join(folder, "ipython"),
    PYTHONUNBUFFERED: "1",
    ...extra,
  });
  const installed = spawnSync(process.execPath, [builtFile("kernel/main.js"), "install", "--prefix", folder], {
    encoding: "utf8",
  });
  if (installed.status !== 0) throw new Error(`the kernel could not be installed: ${installed.stderr}`);
  return {
    folder,
    environment,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    python(args, timeoutMs = 500_000) {
      const child = spawn(venvProgram("python"), args, { cwd: folder, env: environment, timeout: timeoutMs });
      const output = { stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
      return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (status) => resolve({ status, ...output }));
      });
    },
  };
}
