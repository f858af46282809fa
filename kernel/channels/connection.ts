import { getHashes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { KernelError, reasonOf } from "../core/error.js";

/** The content of a connection file, with names in camel case. */
export interface Connection {
  readonly transport: "tcp" | "ipc";
  /** Address for tcp, path prefix of the sockets for ipc. */
  readonly ip: string;
  readonly ports: Readonly<Record<SocketName, number>>;
  /** Empty: messages are not signed. */
  readonly key: string;
  /** Name of the hash inside HMAC, e.g. `sha256`. */
  readonly hash: string;
}

export type SocketName = "shell" | "control" | "stdin" | "iopub" | "hb";
export const socketNames = ["shell", "control", "stdin", "iopub", "hb"] as const satisfies readonly SocketName[];

/** Reads and checks a connection file; throws `KernelError` that names the file and the field. */
export async function readConnection(path: string): Promise<Connection> {
  const text = await readFile(path, "utf8").catch((error) => {
    throw new KernelError(
      `connection file ${path}: expected a readable file, found ${reasonOf(error)}`,
      "Jupyter writes this file; start the kernel from Jupyter, or pass the file of a kernel manager",
    );
  });
  return parseConnection(text, path);
}

/** Text of a connection file → connection; `where` is used in messages only. */
export function parseConnection(text: string, where: string): Connection {
  const fields = parseFields(text, where);
  const transport = fields.transport ?? "tcp";
  if (transport !== "tcp" && transport !== "ipc") throw wrong(`${where}: transport`, '"tcp" or "ipc"', transport);
  const ip = fields.ip;
  if (typeof ip !== "string" || ip === "") throw wrong(`${where}: ip`, "an address", ip);
  const key = fields.key ?? "";
  if (typeof key !== "string") throw wrong(`${where}: key`, "a string", key);
  return { transport, ip, key, hash: hashOf(fields.signature_scheme, where), ports: portsOf(fields, where) };
}

/** Address that a socket binds to. */
export function endpoint(connection: Connection, name: SocketName): string {
  const port = connection.ports[name];
  if (connection.transport === "ipc") return `ipc://${connection.ip}-${port}`;
  return connection.ip.includes(":") ? `tcp://[${connection.ip}]:${port}` : `tcp://${connection.ip}:${port}`;
}

function parseFields(text: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KernelError(`connection file ${where}: expected JSON: ${reasonOf(error)}`, "let Jupyter write it again");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new KernelError(`connection file ${where}: expected a JSON object`, "let Jupyter write it again");
  }
  return value as Record<string, unknown>;
}

function portsOf(fields: Record<string, unknown>, where: string): Record<SocketName, number> {
  const ports: Partial<Record<SocketName, number>> = {};
  const taken = new Map<number, string>();
  for (const name of socketNames) {
    const field = `${name}_port`;
    const port = fields[field];
    if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) {
      throw wrong(`${where}: ${field}`, "a whole number from 1 to 65535", port);
    }
    const other = taken.get(port);
    if (other !== undefined) throw wrong(`${where}: ${field}`, `another number than ${other}`, port);
    taken.set(port, field);
    ports[name] = port;
  }
  return ports as Record<SocketName, number>;
}

function hashOf(scheme: unknown, where: string): string {
  const text = scheme ?? "hmac-sha256";
  const hash = typeof text === "string" ? /^hmac-(.+)$/.exec(text)?.[1] : undefined;
  if (hash === undefined || (hash !== "sha256" && !getHashes().includes(hash))) {
    throw wrong(`${where}: signature_scheme`, '"hmac-" and a hash that Node knows, e.g. "hmac-sha256"', text);
  }
  return hash;
}

/** `what` is the file and the field. */
function wrong(what: string, expected: string, found: unknown): KernelError {
  return new KernelError(
    `connection file ${what}: expected ${expected}, found ${JSON.stringify(found) ?? "nothing"}`,
    "let Jupyter write it again",
  );
}
