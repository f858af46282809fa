import { once } from "node:events";
import { createServer, type Server } from "node:net";

// A port that the system chooses (port 0) may be another program's by the time ours listens on it, and whoever connects
// to it too early may even be given it as his own end. So each process of the tests has a block of ports to itself,
// below the range that the system chooses from, and listens on the first port of the block for as long as it lives.
const firstPort = 12_000;
const blockSize = 50;
const blocks = 400;

let claimed: Promise<number> | undefined;
let turn = 0;

/** A TCP port of 127.0.0.1 on which nobody listens, and that no other process of the tests is given. */
export async function freePort(): Promise<number> {
  claimed ??= claimBlock();
  const start = await claimed;
  for (let tries = 1; tries < blockSize; tries++) {
    const port = start + 1 + (turn++ % (blockSize - 1));
    const server = await listen(port);
    if (server === undefined) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error(`every port from ${start} to ${start + blockSize - 1} is in use`);
}

async function claimBlock(): Promise<number> {
  const begin = Math.floor(Math.random() * blocks);
  for (let i = 0; i < blocks; i++) {
    const start = firstPort + ((begin + i) % blocks) * blockSize;
    const holder = await listen(start);
    if (holder === undefined) continue;
    holder.unref();
    return start;
  }
  throw new Error(`no block of ports from ${firstPort} on is free`);
}

/** Undefined if the port is in use. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined)).listen(port, "127.0.0.1", () => resolve(server));
  });
}
