import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { availableParallelism, freemem, homedir, totalmem } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { enginePython } from "../core/engine-python.js";
import { freeSpace } from "../core/files.js";
import { type ProgramOutput, runProgram } from "../core/process.js";

/** Facts about the machine; undefined: not found. */
export interface MachineFacts {
  readonly node: string;
  /** Path where Python is expected, whether or not it exists. */
  readonly pythonPath: string;
  readonly python: string | undefined;
  readonly mindspore: string | undefined;
  readonly mindformers: string | undefined;
  readonly launcher: string | undefined;
  /** Folder of MindFormers' C++ helper for training indices (built or not). */
  readonly indexHelperFolder: string | undefined;
  /** The built helper, for this Python and not older than its source. */
  readonly indexHelper: string | undefined;
  /** First line of `c++ --version` or `g++ --version`. */
  readonly compiler: string | undefined;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** Free disk space for this user in the working folder, in bytes. */
  readonly freeDiskBytes: number | undefined;
  /** Names of Ascend devices that npu-smi lists; undefined without npu-smi. */
  readonly devices: readonly string[] | undefined;
  /** Folder of the kernelspec. */
  readonly kernelspec: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

async function tryProgram(argv: readonly string[], environment: Environment): Promise<ProgramOutput | undefined> {
  const path = environment.PATH === undefined ? {} : { PATH: environment.PATH };
  const output = await runProgram({ argv, environment: path, timeoutMs: 30_000 }).catch(() => undefined);
  return output?.exitCode === 0 ? output : undefined;
}

async function runnable(path: string): Promise<string | undefined> {
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}

/** Versions without importing the packages, which would take seconds. */
const versionScript = `
import json, os, platform, sysconfig
from importlib.metadata import version, PackageNotFoundError
from importlib.util import find_spec
def find(name):
    try: return version(name)
    except PackageNotFoundError: return None
def helper():
    spec = find_spec("mindformers")
    if spec is None or spec.origin is None: return [None, None]
    folder = os.path.join(os.path.dirname(spec.origin), "dataset", "blended_datasets")
    built = os.path.join(folder, "helpers" + sysconfig.get_config_var("EXT_SUFFIX"))
    source = os.path.join(folder, "helpers.cpp")
    if not os.path.isfile(source): return [None, None]
    fresh = os.path.isfile(built) and os.path.getmtime(built) >= os.path.getmtime(source)
    return [folder, built if fresh else None]
print(json.dumps([platform.python_version(), find("mindspore"), find("mindformers"), *helper()]))
`;

async function pythonVersions(path: string, environment: Environment): Promise<(string | undefined)[]> {
  const output = await tryProgram([path, "-c", versionScript], environment);
  const values: unknown = output ? JSON.parse(output.stdout) : [];
  return Array.isArray(values) ? values.map((value) => (typeof value === "string" ? value : undefined)) : [];
}

async function findCompiler(environment: Environment): Promise<string | undefined> {
  for (const name of ["c++", "g++", "clang++"]) {
    const output = await tryProgram([name, "--version"], environment);
    if (output) return output.stdout.split("\n")[0];
  }
  return undefined;
}

/** Rows of the table that `npu-smi info` prints: `| 0     910B3 | OK | …`. */
export function parseDevices(table: string): string[] {
  return [...table.matchAll(/^\|\s*(\d+)\s+(\S+)\s*\|\s*(\w+)\s*\|/gm)]
    .filter((match) => /[A-Za-z]/.test(match[2] as string))
    .map((match) => `${match[1]}: ${match[2]} (${match[3]})`);
}

/** Whether this machine has Ascend NPUs: their device files, or `npu-smi`, which lists them. */
export async function hasDevices(environment: Environment = process.env): Promise<boolean> {
  const names = await readdir("/dev").catch((): string[] => []);
  return names.some((name) => /^davinci\d+$/.test(name)) || (await findDevices(environment)) !== undefined;
}

async function findDevices(environment: Environment): Promise<readonly string[] | undefined> {
  const output = await tryProgram(["npu-smi", "info"], environment);
  return output && parseDevices(output.stdout);
}

/** Where Jupyter looks for kernels, in its order: JUPYTER_PATH, the user's folder, the environment's, the system's. */
async function findKernelspec(environment: Environment, python: string): Promise<string | undefined> {
  const user =
    environment.JUPYTER_DATA_DIR ?? join(environment.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "jupyter");
  const listed = (environment.JUPYTER_PATH ?? "").split(delimiter).filter(Boolean);
  const own = join(dirname(dirname(python)), "share", "jupyter");
  for (const place of [...listed, user, own, "/usr/local/share/jupyter", "/usr/share/jupyter"]) {
    const folder = join(place, "kernels", "mindformers-lab");
    const found = await access(join(folder, "kernel.json")).then(
      () => true,
      () => false,
    );
    if (found) return folder;
  }
  return undefined;
}

async function freeDisk(): Promise<number | undefined> {
  const bytes = await freeSpace(process.cwd());
  return Number.isFinite(bytes) ? bytes : undefined;
}

/**
 * Looks at the machine; runs a few small programs. `environment` decides which: PATH, MF_LAB_PYTHON, Jupyter's
 * variables.
 */
export async function readMachine(environment: Environment = process.env): Promise<MachineFacts> {
  const pythonPath = enginePython(environment);
  const [versions, launcher, compiler, devices, kernelspec, freeDiskBytes] = await Promise.all([
    pythonVersions(pythonPath, environment),
    runnable(join(dirname(pythonPath), "msrun")),
    findCompiler(environment),
    findDevices(environment),
    findKernelspec(environment, pythonPath),
    freeDisk(),
  ]);
  const [python, mindspore, mindformers, indexHelperFolder, indexHelper] = versions;
  return {
    node: process.versions.node,
    pythonPath,
    python,
    mindspore,
    mindformers,
    launcher,
    indexHelperFolder,
    indexHelper,
    compiler,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    freeDiskBytes,
    devices,
    kernelspec,
  };
}
