import { join } from "node:path";
import { protocolVersion } from "../channels/codec.js";
import { KernelError } from "../core/error.js";
import { jupyterDataFolder, realSurroundings, type Surroundings } from "../core/jupyter-folders.js";

export const defaultKernelName = "mindformers-lab";

/**
 * Where a kernelspec goes: the user's own Jupyter folder, a prefix such as a Python environment, or the environment
 * that is active.
 */
export type InstallPlace =
  | { readonly kind: "user" }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "sys-prefix" };

/** Text of kernel.json. `program` is the compiled `kernel/main.js`, `node` the program that runs it; both absolute. */
export function formatKernelspec({ node, program }: { readonly node: string; readonly program: string }): string {
  const specification = {
    argv: [node, program, "start", "{connection_file}"],
    display_name: "TypeScript (MindFormers)",
    language: "typescript",
    interrupt_mode: "message",
    kernel_protocol_version: protocolVersion,
    metadata: { debugger: true, kernel_protocol_version: protocolVersion },
  };
  return `${JSON.stringify(specification, undefined, 2)}\n`;
}

/** Folder of the kernelspec `name`, by the rules of Jupyter's own `jupyter --paths`. */
export function kernelspecFolder(place: InstallPlace, name: string, surroundings = realSurroundings()): string {
  if (!/^[a-z0-9._-]+$/i.test(name)) {
    throw new KernelError(
      `kernel name: expected letters, digits, dot, dash, underscore; found ${JSON.stringify(name)}`,
      `--name ${defaultKernelName}`,
    );
  }
  return join(dataFolder(place, surroundings), "kernels", name);
}

function dataFolder(place: InstallPlace, { environment, platform, home }: Surroundings): string {
  if (place.kind === "prefix") return join(place.prefix, "share", "jupyter");
  if (place.kind === "sys-prefix") {
    const prefix = environment.VIRTUAL_ENV || environment.CONDA_PREFIX;
    if (prefix) return join(prefix, "share", "jupyter");
    throw new KernelError(
      "--sys-prefix: expected an active Python environment (VIRTUAL_ENV or CONDA_PREFIX), found none",
      '--prefix "$(python3 -c "import sys; print(sys.prefix)")"',
    );
  }
  return jupyterDataFolder({ environment, platform, home });
}
