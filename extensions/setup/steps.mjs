// The set-up as a list of steps. Each says whether it is up to date and how to get there; `doctor` only asks, `setup` acts.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
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
import { fetchCures, mustRun, SetupError } from "./program.mjs";

const nodeModules = join(root, "node_modules");
const nodePackages = {
  title: "Node packages",
  detail: "npm ci",
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

const compiled = {
  title: "Compiled TypeScript",
  detail: "tsc -b src kernel",
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

const snapshotBuilder = join(root, "dist", "kernel", "evaluate", "checker", "build.js");
const engineSnapshot = {
  title: "Language engine",
  detail: "a snapshot that makes kernels start faster",
  upToDate: () => existsSync(snapshotBuilder) && spawnSync(process.execPath, [snapshotBuilder, "--check"]).status === 0,
  async run() {
    await mustRun(process.execPath, [snapshotBuilder], {
      what: "building the language engine's snapshot",
      cure: "MINDFORMERS_LAB_SNAPSHOT=off does without; to try again: rm -rf dist, then run the command again",
    });
  },
};

const virtualEnvironment = {
  title: "Python environment",
  detail: ".venv with MindSpore, MindFormers, JupyterLab and papermill (about 500 MB to fetch)",
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
    const files = ["requirements.txt", "constraints.txt"].map((name) => join(setupFolder, name));
    await mustRun(
      venvBin("pip"),
      ["install", "--no-input", "--disable-pip-version-check", "-r", files[0], "-c", files[1]],
      {
        cwd: root,
        env: venvEnvironment(),
        what: "pip install",
        cure: "read pip's message above, then run the command again (it continues where it stopped)",
        cures: fetchCures,
      },
    );
    stamp(venv, virtualEnvironment.value());
  },
};

const sitePackages = join(venv, "lib", "python3.11", "site-packages");
const indexerFolder = join(sitePackages, "mindformers", "dataset", "blended_datasets");
const datasetIndexer = {
  title: "MindFormers' dataset indexer",
  detail: "make (C++)",
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
  value: () => fingerprint("kernel/kernelspec.ts", "kernel/install.ts", "kernel/logo.ts"),
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

/** In the order in which they depend on each other. */
export const steps = [
  nodePackages,
  compiled,
  engineSnapshot,
  virtualEnvironment,
  datasetIndexer,
  papermillTranslator,
  kernelSpecification,
];
