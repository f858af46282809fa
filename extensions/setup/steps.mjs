// The set-up as a list of steps. Each says what it needs, whether it is up to date and how to get there; `doctor` only asks, `setup` acts.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import {
  fingerprint,
  isStamped,
  kernelspec,
  root,
  setupFolder,
  stamp,
  venv,
  venvBin,
  venvEnvironment,
} from "./layout.mjs";
import { findPython } from "./machine.mjs";
import { allOrFirstFailure, fetchCures, mustRun, SetupError } from "./program.mjs";

const nodeModules = join(root, "node_modules");
const nodePackages = {
  title: "Node packages",
  detail: "npm ci",
  needs: [],
  value: () => fingerprint("package-lock.json"),
  upToDate: () => isStamped(nodeModules, nodePackages.value()),
  async run() {
    await mustRun("npm", ["ci", "--no-audit", "--no-fund"], {
      cwd: root,
      env: { ...process.env, npm_config_yes: "true" },
      what: "npm ci",
      cure: "read npm's message above, then run the command again",
      cures: fetchCures,
    });
    stamp(nodeModules, nodePackages.value());
  },
};

export const compiled = {
  title: "Compiled TypeScript",
  detail: "tsc -b src kernel",
  needs: [nodePackages],
  value: () => fingerprint("src", "kernel", "package-lock.json"),
  upToDate: () => isStamped(join(root, "dist"), compiled.value()),
  async run() {
    await mustRun(process.execPath, [join(nodeModules, "typescript", "bin", "tsc"), "-b", "src", "kernel"], {
      cwd: root,
      what: "the TypeScript compiler",
      cure: "mend the lines that it names, or: git checkout src kernel",
    });
    stamp(join(root, "dist"), compiled.value());
  },
};

const snapshotBuilder = join(root, "dist", "kernel", "evaluate", "checker", "snapshot", "build.js");
const checkerSnapshot = {
  title: "Type checker",
  detail: "a snapshot that makes kernels start faster",
  needs: [compiled],
  upToDate: () => existsSync(snapshotBuilder) && spawnSync(process.execPath, [snapshotBuilder, "--check"]).status === 0,
  async run() {
    await mustRun(process.execPath, [snapshotBuilder], {
      what: "building the type checker's snapshot",
      cure: "MINDFORMERS_LAB_SNAPSHOT=off does without; to try again: rm -rf dist, then run the command again",
    });
  },
};

/** Every Python package with its version, in shares that are installed at the same time. The share with MindSpore holds nothing else: it takes longest. */
function packageShares() {
  const lines = ["constraints.txt", "requirements.txt"]
    .flatMap((name) => readFileSync(join(setupFolder, name), "utf8").split("\n"))
    .map((line) => line.replace(/\s*#.*/, ""))
    .filter((line) => line !== "");
  const nameOf = (line) =>
    line
      .split("==")[0]
      .toLowerCase()
      .replace(/[-_.]+/g, "-");
  const pinned = new Map(lines.map((line) => [nameOf(line), line]));
  const large = pinned.get("mindspore");
  const small = [...pinned.values()].filter((line) => line !== large);
  // A share more than cores: one of them is always waiting for the network or the disk.
  const count = Math.min(availableParallelism(), 3);
  const shares = Array.from({ length: count }, (_, i) => small.filter((_, at) => at % count === i));
  return [[large], ...shares];
}

const virtualEnvironment = {
  title: "Python environment",
  detail: ".venv with MindSpore, MindFormers, JupyterLab and papermill (about 1.1 GB to fetch)",
  needs: [],
  value: () => fingerprint("extensions/setup/requirements.txt", "extensions/setup/constraints.txt"),
  upToDate: () => existsSync(venvBin("python")) && isStamped(venv, virtualEnvironment.value()),
  async run() {
    if (!existsSync(venvBin("pip"))) {
      rmSync(venv, { recursive: true, force: true });
      await mustRun(findPython(), ["-m", "venv", venv], {
        what: "python -m venv",
        cure: "apt-get install python3.11-venv, then run the command again",
      });
    }
    // Nothing to resolve: every version is pinned.
    const options = ["install", "--no-input", "--disable-pip-version-check", "--progress-bar=off", "--no-deps"];
    const installed = packageShares().map((packages) =>
      mustRun(venvBin("pip"), [...options, ...packages], {
        cwd: root,
        env: venvEnvironment(),
        what: "pip install",
        cure: "read pip's message above, then run the command again (it continues where it stopped)",
        cures: fetchCures,
      }),
    );
    await allOrFirstFailure(installed);
    stamp(venv, virtualEnvironment.value());
  },
};

const sitePackages = join(venv, "lib", "python3.11", "site-packages");
const indexerFolder = join(sitePackages, "mindformers", "dataset", "blended_datasets");
const datasetIndexer = {
  title: "MindFormers' dataset indexer",
  detail: "make (C++)",
  needs: [virtualEnvironment],
  upToDate: () => existsSync(indexerFolder) && readdirSync(indexerFolder).some((name) => /^helpers.*\.so$/.test(name)),
  async run() {
    await mustRun("make", ["-C", indexerFolder], {
      env: venvEnvironment(),
      quiet: true,
      what: "compiling MindFormers' dataset indexer",
      cure: "apt-get install g++ make python3.11-dev, then run the command again",
    });
  },
};

const papermillStamp = () => join(sitePackages, "mindformers_lab_papermill");
const papermillTranslator = {
  title: "TypeScript for papermill",
  detail: "extensions/papermill",
  needs: [virtualEnvironment],
  value: () => fingerprint("extensions/papermill"),
  upToDate: () => existsSync(papermillStamp()) && isStamped(papermillStamp(), papermillTranslator.value()),
  async run() {
    const options = [
      "--no-input",
      "--disable-pip-version-check",
      "--no-deps",
      "--no-build-isolation",
      "--force-reinstall",
    ];
    await mustRun(venvBin("pip"), ["install", ...options, join(root, "extensions", "papermill")], {
      env: venvEnvironment(),
      quiet: true,
      what: "installing extensions/papermill",
      cure: "rm -rf .venv, then run the command again",
      cures: fetchCures,
    });
    stamp(papermillStamp(), papermillTranslator.value());
  },
};

const kernelSpecification = {
  title: "Jupyter kernel",
  detail: "TypeScript (MindFormers), installed into .venv",
  needs: [compiled, virtualEnvironment],
  value: () => fingerprint("kernel/install/kernelspec.ts", "kernel/install/install.ts", "kernel/install/logo.ts"),
  upToDate() {
    if (!existsSync(kernelspec) || !isStamped(dirname(kernelspec), kernelSpecification.value())) return false;
    const { argv } = JSON.parse(readFileSync(kernelspec, "utf8"));
    return argv[0] === process.execPath && argv[1] === join(root, "dist", "kernel", "main.js");
  },
  async run() {
    await mustRun(process.execPath, [join(root, "dist", "kernel", "main.js"), "install", "--prefix", venv], {
      what: "installing the kernel",
      cure: "rm -rf .venv/share/jupyter/kernels/mindformers-lab, then run the command again",
    });
    stamp(dirname(kernelspec), kernelSpecification.value());
    if (!kernelSpecification.upToDate())
      throw new SetupError(
        `the kernel is not where it should be: ${kernelspec}`,
        "rm -rf dist, then run the command again",
      );
  },
};

/** In an order in which each comes after those that it needs. */
export const steps = [
  nodePackages,
  compiled,
  checkerSnapshot,
  virtualEnvironment,
  datasetIndexer,
  papermillTranslator,
  kernelSpecification,
];
