import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot } from "../../src/core/package-root.js";
import { freePort } from "./ports.js";

const bin = join(packageRoot(), ".venv", "bin");

/** A program of the project's Python environment; the set-up must have run. */
export function venvProgram(name: string): string {
  const path = join(bin, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: npm run setup`);
  return path;
}

/** The environment in which the programs of the Python environment come first. */
export function venvEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${bin}:${process.env.PATH}`, VIRTUAL_ENV: join(bin, ".."), ...extra };
}

/** Runs a program of the Python environment to its end and returns everything about it. */
export function runVenv(name: string, args: readonly string[], options: { cwd?: string; timeoutMs?: number } = {}) {
  return spawnSync(venvProgram(name), args, {
    cwd: options.cwd,
    env: venvEnvironment(),
    encoding: "utf8",
    timeout: options.timeoutMs ?? 600_000,
    maxBuffer: 256 * 1024 ** 2,
  });
}

export interface LabServer {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** Starts JupyterLab on a folder and waits until it answers; `extra`: further variables of its environment. */
export async function startLab(folder: string, extra: Record<string, string> = {}): Promise<LabServer> {
  const port = await freePort();
  const token = "test";
  const settings = writeSettings();
  const options = [
    "--no-browser",
    "--allow-root",
    `--ServerApp.port=${port}`,
    `--IdentityProvider.token=${token}`,
    `--ServerApp.root_dir=${folder}`,
  ];
  const child = spawn(venvProgram("jupyter"), ["lab", ...options], {
    env: venvEnvironment({ JUPYTERLAB_SETTINGS_DIR: settings, JUPYTER_CONFIG_DIR: join(settings, "config"), ...extra }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  const origin = `http://127.0.0.1:${port}`;
  await waitUntilUp(`${origin}/api?token=${token}`, child, log);
  return {
    origin,
    token,
    stop: () => stopServer(child).finally(() => rmSync(settings, { recursive: true, force: true })),
  };
}

// Every cell is in the page, also outside of the window, and no news prompt covers it.
function writeSettings(): string {
  const folder = mkdtempSync(join(tmpdir(), "lab-settings-"));
  const settings = {
    "notebook-extension/tracker": { windowingMode: "none" },
    "apputils-extension/notification": { fetchNews: "false", checkForUpdates: false },
  };
  for (const [name, value] of Object.entries(settings)) {
    const file = join(folder, "@jupyterlab", `${name}.jupyterlab-settings`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(value));
  }
  return folder;
}

async function waitUntilUp(url: string, child: ChildProcess, log: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    if (child.exitCode !== null) break;
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`JupyterLab did not start:\n${log.join("")}`);
}

function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
  });
}
