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

/** Installs Debian packages; without root or apt-get the error says what to type. */
async function install(report, packages, cure) {
  if (process.getuid?.() !== 0 || !firstLine("which", ["apt-get"]))
    throw new SetupError(`not installed: ${packages.join(", ")}`, cure);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, report, what: "apt-get", cure };
  await mustRun("apt-get", ["update", "-qq"], options);
  await mustRun("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], options);
}

export const browser = {
  title: "Chromium for the browser tests",
  detail: "apt-get install chromium",
  needs: [],
  upToDate: () => findBrowser() !== undefined,
  run: (report) =>
    install(
      report,
      ["chromium"],
      "install Chromium (Debian: sudo apt-get install chromium), or set CHROME_PATH=/path/to/chrome",
    ),
};

// Program to look for, and the Debian package that has it.
const clusterPrograms = [
  ["/usr/sbin/sshd", "openssh-server"],
  ["/usr/bin/ssh", "openssh-client"],
  ["/usr/sbin/slurmctld", "slurm-wlm"],
  ["/usr/bin/sbatch", "slurm-client"],
  ["/usr/sbin/munged", "munge"],
  ["/sbin/ip", "iproute2"],
  ["/usr/bin/faketime", "faketime"],
  ["/usr/bin/rg", "ripgrep"],
];
const missingPackages = () => clusterPrograms.filter(([path]) => !existsSync(path)).map(([, name]) => name);

export const clusterTools = {
  title: "ssh server and Slurm for the tests of several nodes",
  detail: `apt-get install ${clusterPrograms.map(([, name]) => name).join(" ")}`,
  // apt-get locks its database.
  needs: [browser],
  upToDate: () => missingPackages().length === 0,
  run: (report) => install(report, missingPackages(), `sudo apt-get install ${missingPackages().join(" ")}`),
};

export const compiledTests = {
  title: "Compiled tests",
  detail: "tsc -b test",
  needs: [compiled],
  upToDate: () => false, // the compiler itself knows best, within a second
  async run(report) {
    await mustRun(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", "test"], {
      cwd: root,
      report,
      what: "the TypeScript compiler",
      cure: "correct the lines that it names, or: git checkout test",
    });
  },
};
