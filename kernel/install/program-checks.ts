import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { reasonOf } from "../core/error.js";
import { bad, type Check, good } from "./check.js";

interface Manifest {
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Checks Node and the packages that package.json in `folder` names. */
export async function checkProgram(folder: string): Promise<Check[]> {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  return [
    checkNode(manifest.engines?.node ?? "", process.versions.node),
    checkPackages(Object.keys(manifest.dependencies ?? {}), folder),
    await checkZeromq(folder),
  ];
}

/** `wanted` such as `>=20.19`. */
export function checkNode(wanted: string, version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [least = 0, leastMinor = 0] = wanted
    .replace(/^[^\d]*/, "")
    .split(".")
    .map(Number);
  if (major > least || (major === least && minor >= leastMinor)) return good("Node.js", version);
  return bad(
    "Node.js",
    `expected ${wanted}, found ${version}`,
    "install a later Node.js from your system's packages or a Node version manager",
  );
}

/** Whether each package lies in a `node_modules` from `folder` upwards. */
export function checkPackages(names: readonly string[], folder: string): Check {
  const missing = names.filter((name) => !isInstalled(name, folder));
  if (missing.length === 0) return good("Node packages", `all ${names.length} are installed`);
  const found = `expected ${names.length}, found ${names.length - missing.length}; missing: ${missing.join(", ")}`;
  return bad("Node packages", found, `cd ${folder} && npm install`);
}

function isInstalled(name: string, from: string): boolean {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules", name, "package.json"))) return true;
    if (folder === dirname(folder)) return false;
  }
}

async function checkZeromq(folder: string): Promise<Check> {
  try {
    const { version } = await import("zeromq");
    return good("zeromq", `loads; ZeroMQ ${version}`);
  } catch (error) {
    const machine = `Node ${process.versions.node} on ${process.platform} ${process.arch}`;
    const root = rootOf(folder);
    return bad(
      "zeromq",
      `expected its module for ${machine}, found: ${reasonOf(error)}`,
      `cd ${root} && npm rebuild zeromq`,
    );
  }
}

/** Folder in which npm works: the one that holds the node_modules with zeromq. */
function rootOf(folder: string): string {
  try {
    return (
      createRequire(join(folder, "package.json")).resolve("zeromq/package.json").split("/node_modules/")[0] ?? folder
    );
  } catch {
    return folder;
  }
}
