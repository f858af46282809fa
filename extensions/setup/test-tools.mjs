// What only the tests need beside the set-up: a browser, and that the tests themselves compile.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./layout.mjs";
import { firstLine, mustRun, SetupError } from "./program.mjs";
import { compiled } from "./steps.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Path of a Chromium or Chrome, or undefined; CHROME_PATH overrides the search. */
export function findBrowser() {
  if (process.env.CHROME_PATH) return existsSync(process.env.CHROME_PATH) ? process.env.CHROME_PATH : undefined;
  return names.map((name) => firstLine("which", [name])).find(Boolean);
}

const manual = "install Chromium (Debian: sudo apt-get install chromium), or set CHROME_PATH=/path/to/chrome";

export const browser = {
  title: "Chromium for the browser tests",
  detail: "apt-get install chromium",
  needs: [],
  upToDate: () => findBrowser() !== undefined,
  async run() {
    if (process.getuid?.() !== 0 || !firstLine("which", ["apt-get"]))
      throw new SetupError("no Chromium or Chrome found", manual);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const options = { env, what: "apt-get", cure: manual };
    await mustRun("apt-get", ["update", "-qq"], options);
    await mustRun("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], options);
  },
};

export const compiledTests = {
  title: "Compiled tests",
  detail: "tsc -b test",
  needs: [compiled],
  upToDate: () => false, // the compiler itself knows best, within a second
  async run() {
    await mustRun(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", "test"], {
      cwd: root,
      what: "the TypeScript compiler",
      cure: "mend the lines that it names, or: git checkout test",
    });
  },
};
