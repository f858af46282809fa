import { parseArgs } from "node:util";
import { KernelError, reasonOf } from "../core/error.js";
import { defaultKernelName, type InstallPlace } from "../install/kernelspec.js";

/** The command that the command line names. */
export type Command =
  | { readonly kind: "start"; readonly connectionFile: string }
  | { readonly kind: "install" | "uninstall"; readonly place: InstallPlace; readonly name: string }
  /** No place: wherever Jupyter would find the kernel. */
  | { readonly kind: "doctor"; readonly place: InstallPlace | undefined; readonly name: string }
  | { readonly kind: "version" }
  | { readonly kind: "help" };

export const usage = `Usage:
  mindformers-lab install   [--user | --prefix FOLDER | --sys-prefix] [--name NAME]
  mindformers-lab uninstall [--user | --prefix FOLDER | --sys-prefix] [--name NAME]
  mindformers-lab start     [--connection-file] FILE
  mindformers-lab doctor    [--user | --prefix FOLDER | --sys-prefix] [--name NAME]
  mindformers-lab --version | --help

install writes a Jupyter kernelspec (default: --user, --name ${defaultKernelName}); start is what Jupyter calls;
doctor reports what is installed and what is missing (default: wherever Jupyter finds the kernel).`;

const options = {
  user: { type: "boolean" },
  prefix: { type: "string" },
  "sys-prefix": { type: "boolean" },
  name: { type: "string" },
  "connection-file": { type: "string", short: "f" },
  version: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads a command line (without node and program); throws `KernelError` with the reason if it is not valid. */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.version) return { kind: "version" };
  if (values.help || args.length === 0) return { kind: "help" };
  const [kind, ...rest] = positionals;
  if (kind === "start")
    return startCommand([...rest, ...(values["connection-file"] ? [values["connection-file"]] : [])]);
  if (kind !== "install" && kind !== "uninstall" && kind !== "doctor")
    throw wrong(`unknown command ${JSON.stringify(kind ?? "")}`);
  if (rest.length > 0) throw wrong(`${kind}: unexpected ${JSON.stringify(rest[0])}`);
  const name = values.name ?? defaultKernelName;
  const place = placeOf(values);
  return kind === "doctor" ? { kind, place, name } : { kind, place: place ?? { kind: "user" }, name };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : reasonOf(error));
  }
}

function startCommand(files: readonly string[]): Command {
  const [connectionFile] = files;
  if (connectionFile === undefined || files.length > 1) {
    throw wrong(`start: expected one connection file, found ${files.length}`);
  }
  return { kind: "start", connectionFile };
}

function placeOf(values: ReturnType<typeof parse>["values"]): InstallPlace | undefined {
  const given = (["user", "prefix", "sys-prefix"] as const).filter((name) => values[name] !== undefined);
  if (given.length > 1) throw wrong(`expected one of --user, --prefix, --sys-prefix, found ${given.length}`);
  if (values.prefix === "") throw wrong("--prefix: expected a folder, found nothing");
  if (values.prefix !== undefined) return { kind: "prefix", prefix: values.prefix };
  if (values["sys-prefix"]) return { kind: "sys-prefix" };
  return values.user ? { kind: "user" } : undefined;
}

function wrong(message: string): KernelError {
  return new KernelError(message, "mindformers-lab --help");
}
