// Where the set-up puts things. Everything lies inside the project folder.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const venv = join(root, ".venv");
export const venvBin = (name) => join(venv, "bin", name);
export const kernelName = "mindformers-lab";
export const kernelspec = join(venv, "share", "jupyter", "kernels", kernelName, "kernel.json");
export const setupFolder = join(root, "extensions", "setup");

/** Environment in which the tools of the virtual environment come first (the helpers' Makefile calls `python3`). */
export function venvEnvironment() {
  const { PYTHONHOME: _, ...rest } = process.env;
  return { ...rest, PATH: `${join(venv, "bin")}:${process.env.PATH}`, VIRTUAL_ENV: venv, PYTHONNOUSERSITE: "1" };
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => !/^(__pycache__|build|.*\.egg-info|\.pytest_cache)$/.test(name))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/** One hash over the contents of files and folders, given relative to the project. */
export function fingerprint(...paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of filesBelow(join(root, path)))
      hash.update(file.slice(root.length)).update("\0").update(readFileSync(file));
  }
  return hash.digest("hex");
}

// A stamp lies in the folder that it vouches for, so that deleting the folder deletes the stamp.
const stampName = ".mindformers-lab-stamp";

export function isStamped(folder, value) {
  const file = join(folder, stampName);
  return existsSync(file) && readFileSync(file, "utf8") === value;
}

export function stamp(folder, value) {
  writeFileSync(join(folder, stampName), value);
}
