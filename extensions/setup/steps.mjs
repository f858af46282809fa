// The set-up as a list of steps. Each says what it needs, whether it is up to date and how to get there; `doctor` only
// asks, `setup` acts.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { extensionName } from "./figures.mjs";
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
  usually: 20,
  needs: [],
  value: () => fingerprint("package-lock.json"),
  upToDate: () => isStamped(nodeModules, nodePackages.value()),
  async run(report) {
    await mustRun("npm", ["ci", "--no-audit", "--no-fund"], {
      cwd: root,
      env: { ...process.env, npm_config_yes: "true" },
      report,
      what: "npm ci",
      cure: "read npm's message in the output, then run the command again",
      cures: fetchCures,
    });
    stamp(nodeModules, nodePackages.value());
  },
};

export const compiled = {
  title: "Compiled TypeScript",
  detail: "tsc -b src kernel",
  usually: 15,
  needs: [nodePackages],
  value: () => fingerprint("src", "kernel", "package-lock.json"),
  upToDate: () => isStamped(join(root, "dist"), compiled.value()),
  async run(report) {
    await mustRun(process.execPath, [join(nodeModules, "typescript", "bin", "tsc"), "-b", "src", "kernel"], {
      cwd: root,
      report,
      what: "the TypeScript compiler",
      cure: "correct the lines that it names, or: git checkout src kernel",
    });
    stamp(join(root, "dist"), compiled.value());
  },
};

const snapshotBuilder = join(root, "dist", "kernel", "evaluate", "checker", "snapshot", "build.js");
const checkerSnapshot = {
  title: "Type checker",
  detail: "a snapshot that makes kernels start faster",
  usually: 5,
  needs: [compiled],
  upToDate: () => existsSync(snapshotBuilder) && spawnSync(process.execPath, [snapshotBuilder, "--check"]).status === 0,
  async run(report) {
    await mustRun(process.execPath, [snapshotBuilder], {
      report,
      what: "building the type checker's snapshot",
      cure: "MINDFORMERS_LAB_SNAPSHOT=off skips the snapshot; to try again: rm -rf dist, then run the command again",
    });
  },
};

const sitePackages = join(venv, "lib", "python3.11", "site-packages");

/**
 * Every Python package with its version, in shares that are installed at the same time. The share with MindSpore holds
 * nothing else: it takes longest.
 */
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

// Packages that earlier versions of the set-up installed. PyPI's plotly is one: its JupyterLab extension ignores
// updates of a figure.
const retired = ["plotly", "narwhals"];

async function removeRetired(report) {
  const present = retired.filter((name) => existsSync(join(sitePackages, name)));
  if (present.length === 0) return;
  await mustRun(venvBin("pip"), ["uninstall", "--yes", "--disable-pip-version-check", ...present], {
    env: venvEnvironment(),
    report,
    what: "pip uninstall",
    cure: "rm -rf .venv, then run the command again",
  });
}

const virtualEnvironment = {
  title: "Python environment",
  detail: ".venv with MindSpore, MindFormers, JupyterLab, and papermill (about 1.1 GB to fetch)",
  usually: 120,
  needs: [],
  value: () => fingerprint("extensions/setup/requirements.txt", "extensions/setup/constraints.txt"),
  upToDate: () => existsSync(venvBin("python")) && isStamped(venv, virtualEnvironment.value()),
  async run(report) {
    if (!existsSync(venvBin("pip"))) {
      rmSync(venv, { recursive: true, force: true });
      await mustRun(findPython(), ["-m", "venv", venv], {
        report,
        what: "python -m venv",
        cure: "apt-get install python3.11-venv, then run the command again",
      });
    }
    // JupyterLab runs yarn.js below .venv: the project's own package.json would make it an ES module, which it is not.
    writeFileSync(join(venv, "package.json"), "{}\n");
    await removeRetired(report);
    // Nothing to resolve: every version is pinned.
    const options = ["install", "--no-input", "--disable-pip-version-check", "--progress-bar=off", "--no-deps"];
    const shares = packageShares();
    const count = shares.flat().length;
    let begun = 0;
    const onLine = (line) => {
      if (!/^(Collecting|Requirement already satisfied)/.test(line)) return;
      begun += 1;
      report.progress(`${Math.min(begun, count)} of ${count} packages`);
    };
    const installed = shares.map((packages) =>
      mustRun(venvBin("pip"), [...options, ...packages], {
        cwd: root,
        env: venvEnvironment(),
        report,
        onLine,
        what: "pip install",
        cure: "read pip's message in the output, then run the command again (it continues where it stopped)",
        cures: fetchCures,
      }),
    );
    await allOrFirstFailure(installed);
    stamp(venv, virtualEnvironment.value());
  },
};

const indexerFolder = join(sitePackages, "mindformers", "dataset", "blended_datasets");
const datasetIndexer = {
  title: "MindFormers' dataset indexer",
  detail: "make (C++)",
  usually: 15,
  needs: [virtualEnvironment],
  upToDate: () => existsSync(indexerFolder) && readdirSync(indexerFolder).some((name) => /^helpers.*\.so$/.test(name)),
  async run(report) {
    await mustRun("make", ["-C", indexerFolder], {
      env: venvEnvironment(),
      report,
      what: "compiling MindFormers' dataset indexer",
      cure: "apt-get install g++ make python3.11-dev, then run the command again",
    });
  },
};

const extensionFolder = join(root, "extensions", "jupyterlab");
const extensionBuilt = join(extensionFolder, "labextension");
const extensionSources = ["src", "package.json", "package-lock.json", "tsconfig.json"];
const extensionBuild = {
  title: "JupyterLab extension",
  detail: "extensions/jupyterlab, which draws the figures",
  usually: 30,
  needs: [],
  value: () => fingerprint(...extensionSources.map((name) => `extensions/jupyterlab/${name}`)),
  upToDate: () => isStamped(extensionBuilt, extensionBuild.value()),
  async run(report) {
    const cure = "rm -rf extensions/jupyterlab/node_modules, then run the command again";
    const options = { cwd: extensionFolder, report, cure };
    await mustRun("npm", ["ci", "--no-audit", "--no-fund"], { ...options, what: "npm ci", cures: fetchCures });
    await mustRun("npm", ["run", "build"], { ...options, what: "building the JupyterLab extension" });
    stamp(extensionBuilt, extensionBuild.value());
  },
};

const extensionPlace = join(venv, "share", "jupyter", "labextensions", extensionName);
const extensionInstall = {
  title: "JupyterLab extension in .venv",
  detail: "copy",
  needs: [extensionBuild, virtualEnvironment],
  upToDate: () => isStamped(extensionPlace, extensionBuild.value()),
  async run() {
    rmSync(extensionPlace, { recursive: true, force: true });
    cpSync(extensionBuilt, extensionPlace, { recursive: true });
  },
};

const papermillStamp = () => join(sitePackages, "mindformers_lab_papermill");
const papermillTranslator = {
  title: "TypeScript for papermill",
  detail: "extensions/papermill",
  needs: [virtualEnvironment],
  value: () => fingerprint("extensions/papermill"),
  upToDate: () => existsSync(papermillStamp()) && isStamped(papermillStamp(), papermillTranslator.value()),
  async run(report) {
    const options = [
      "--no-input",
      "--disable-pip-version-check",
      "--no-deps",
      "--no-build-isolation",
      "--force-reinstall",
    ];
    await mustRun(venvBin("pip"), ["install", ...options, join(root, "extensions", "papermill")], {
      env: venvEnvironment(),
      report,
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
  async run(report) {
    await mustRun(process.execPath, [join(root, "dist", "kernel", "main.js"), "install", "--prefix", venv], {
      report,
      what: "installing the kernel",
      cure: "rm -rf .venv/share/jupyter/kernels/mindformers-lab, then run the command again",
    });
    stamp(dirname(kernelspec), kernelSpecification.value());
    if (!kernelSpecification.upToDate())
      throw new SetupError(
        `expected the kernel in ${kernelspec}, found none`,
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
  extensionBuild,
  extensionInstall,
  kernelSpecification,
];
