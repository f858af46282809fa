import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Reply, Router, XPublisher } from "zeromq";
import { KernelError, reasonOf } from "../core/error.js";
import { type Connection, endpoint, type SocketName, socketNames } from "./connection.js";

export interface Sockets {
  readonly shell: Router;
  readonly control: Router;
  readonly stdin: Router;
  readonly iopub: XPublisher;
  readonly hb: Reply;
}

/** How long a closed socket may continue to send its queued messages, in ms. */
const linger = 200;

/** What the sockets, their thread and a first client need, with room to spare. */
const filesNeeded = 32;

/**
 * Opens and binds the five sockets of a kernel; throws `KernelError` if an address cannot be had, and `EMFILE` if too
 * few files may be open.
 */
export async function openSockets(connection: Connection): Promise<Sockets> {
  requireFiles(filesNeeded);
  const ipv6 = connection.ip.includes(":");
  const options = { linger, ipv6, sendHighWaterMark: 0, receiveHighWaterMark: 0 };
  const sockets: Sockets = {
    shell: new Router(options),
    control: new Router(options),
    stdin: new Router(options),
    // XPUB tells us of each subscription, which is answered with iopub_welcome; no high-water mark: PUB sockets drop
    // above it.
    iopub: new XPublisher({ ...options, verbosity: "allSubs" }),
    hb: new Reply({ linger: 0, ipv6 }),
  };
  // Also the failure of one is told only when all have come to their end: the addon aborts a process that ends before.
  const bound = await Promise.allSettled(socketNames.map((name) => bind(sockets, connection, name)));
  const failed = bound.find((one) => one.status === "rejected");
  if (failed === undefined) return sockets;
  closeSockets(sockets);
  await setImmediate();
  throw failed.reason;
}

/** Must happen before the process exits: zeromq aborts the process when it finds open sockets then. */
export function closeSockets(sockets: Sockets): void {
  for (const name of socketNames) if (!sockets[name].closed) sockets[name].close();
}

/**
 * libzmq aborts the process in many of the places where it needs another open file and gets none; so they are asked for
 * before.
 */
function requireFiles(count: number): void {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(devNull, "r"));
  } finally {
    for (const file of opened) closeSync(file);
  }
}

async function bind(sockets: Sockets, connection: Connection, name: SocketName): Promise<void> {
  const address = endpoint(connection, name);
  await sockets[name].bind(address).catch((error) => {
    throw new KernelError(
      `${name} socket: cannot listen on ${address}: ${reasonOf(error)}`,
      "another program uses the address; start the kernel again to get other ports",
    );
  });
}
