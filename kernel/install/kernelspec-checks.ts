import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { jupyterDataFolder, realSurroundings } from "../core/jupyter-folders.js";
import { bad, type Check, good } from "./check.js";
import { defaultKernelName, type InstallPlace, kernelspecFolder } from "./kernelspec.js";

/** Where to look for the kernel specification; without a place wherever Jupyter would. */
export interface Wanted {
  readonly place: InstallPlace | undefined;
  readonly name: string;
}

export interface FoundKernelspec {
  readonly checks: readonly Check[];
  /** How Jupyter starts the kernel; undefined if it can't. */
  readonly argv?: readonly string[];
}

/**
 * Whether the kernel specification is there and leads to files that exist; `packageFolder`: of the program that asks.
 */
export function checkKernelspec(wanted: Wanted, packageFolder: string): FoundKernelspec {
  const folders = foldersOf(wanted, packageFolder);
  const install = `npx mindformers-lab install${flagsOf(wanted)}`;
  const folder = folders.find((one) => existsSync(join(one, "kernel.json")));
  if (folder === undefined) {
    const found = `expected a kernel.json, found none in ${folders.join(", ")}`;
    return { checks: [bad("Kernel specification", found, install)] };
  }
  const argv = readArgv(join(folder, "kernel.json"));
  if (argv === undefined) {
    const found = `expected argv with {connection_file} in ${join(folder, "kernel.json")}, found something else`;
    return { checks: [bad("Kernel specification", found, install)] };
  }
  const checks = [good("Kernel specification", folder)];
  const [node = "", program = ""] = argv;
  const missing = [node, program].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    checks.push(bad("Its program", `expected ${missing.join(" and ")}, found no such file`, install));
    return { checks };
  }
  const own = join(packageFolder, "dist", "kernel", "main.js");
  checks.push(
    good("Its program", `${program}${resolve(program) === own ? "" : ` (not that of this package, ${own})`}`),
  );
  return { checks, argv };
}

/** In the order in which Jupyter takes the first that it finds. */
function foldersOf({ place, name }: Wanted, packageFolder: string): readonly string[] {
  if (place !== undefined) return [resolve(kernelspecFolder(place, name))];
  const { JUPYTER_PATH = "", VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const prefixes = [VIRTUAL_ENV, CONDA_PREFIX, join(packageFolder, ".venv"), "/usr/local", "/usr"];
  const data = [
    ...JUPYTER_PATH.split(delimiter),
    jupyterDataFolder(realSurroundings()),
    ...prefixes.map((prefix) => (prefix ? join(prefix, "share", "jupyter") : "")),
  ];
  return [...new Set(data.filter((folder) => folder !== ""))].map((folder) => join(folder, "kernels", name));
}

function flagsOf({ place, name }: Wanted): string {
  const where = { user: " --user", "sys-prefix": " --sys-prefix", prefix: "" }[place?.kind ?? "prefix"];
  const prefix = place?.kind === "prefix" ? ` --prefix ${place.prefix}` : "";
  return `${where}${prefix}${name === defaultKernelName ? "" : ` --name ${name}`}`;
}

function readArgv(file: string): readonly string[] | undefined {
  try {
    const { argv } = JSON.parse(readFileSync(file, "utf8")) as { readonly argv?: unknown };
    const isGood = Array.isArray(argv) && argv.length > 2 && argv.every((part) => typeof part === "string");
    return isGood && argv.some((part) => part.includes("{connection_file}")) ? argv : undefined;
  } catch {
    return undefined;
  }
}
