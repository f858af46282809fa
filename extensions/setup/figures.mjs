// The JupyterLab extension of an existing Jupyter: it goes to where the kernel goes.
import { cpSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./layout.mjs";

export const extensionName = "mindformers-lab-jupyterlab";
const built = join(root, "extensions", "jupyterlab", "labextension");

/** Installs or removes the extension for `mindformers-lab install` and `uninstall`; returns what was done, in words. */
export async function placeExtension(args) {
  const load = (path) => import(pathToFileURL(join(root, "dist", "kernel", path)).href);
  const { parseCommand } = await load("start/arguments.js");
  const { kernelspecFolder } = await load("install/kernelspec.js");
  const command = parseCommand(args);
  if (command.kind !== "install" && command.kind !== "uninstall") return undefined;
  const data = dirname(dirname(kernelspecFolder(command.place, command.name)));
  const folder = join(data, "labextensions", extensionName);
  if (command.kind === "uninstall") {
    if (!existsSync(folder)) return undefined;
    rmSync(folder, { recursive: true });
    return `removed the JupyterLab extension from ${folder}`;
  }
  if (!existsSync(join(built, "package.json")))
    return "the JupyterLab extension is not built, so figures are static pictures; to build it: npm run setup";
  rmSync(folder, { recursive: true, force: true });
  cpSync(built, folder, { recursive: true });
  return `installed the JupyterLab extension in ${folder}; reload open pages`;
}
