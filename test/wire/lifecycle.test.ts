import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { builtFile, packageRoot } from "../../src/core/package-root.js";
import { freePort } from "../support/ports.js";
import { WireClient } from "../support/wire-client.js";

let client: WireClient | undefined;
afterEach(async () => {
  await client?.stop();
  client = undefined;
});

/** Sends the request and waits for the end of the process. */
async function shutdown(wire: WireClient, content: object, channel: "shell" | "control" = "control") {
  const id = await wire.send("shutdown_request", content, channel);
  const end = await wire.exited;
  return { id, end };
}

it.each(["control", "shell"] as const)(
  "shutdown on %s is answered, announced on iopub, and ends the process",
  async (channel) => {
    client = await WireClient.start();
    await client.execute("return 1");
    const { id, end } = await shutdown(client, { restart: true }, channel);
    expect(end).toEqual({ code: 0, signal: null });
    expect(client.replies.find(({ parentId }) => parentId === id)?.content).toEqual({ status: "ok", restart: true });
    expect(client.iopub.filter(({ parentId }) => parentId === id).map(({ type }) => type)).toEqual([
      "status",
      "shutdown_reply",
      "status",
    ]);
    expect(client.stderr.join("")).toBe("");
  },
);

it.each([
  ["awaits", "await new Promise(() => {})"],
  ["blocks the main thread", "for (;;);"],
])("shutdown while a cell %s is answered and ends the process", async (_, code) => {
  client = await WireClient.start();
  await client.send("execute_request", { code });
  await client.until(() => client?.iopub.at(-1)?.type === "execute_input", "execute_input");
  const { id } = await shutdown(client, { restart: false });
  expect(client.replies.find(({ parentId }) => parentId === id)?.content.status).toBe("ok");
});

it("SIGTERM ends the kernel without an abort of the socket library", async () => {
  client = await WireClient.start();
  client.process.kill("SIGTERM");
  expect(await client.exited).toEqual({ code: 0, signal: null });
});

it("process.exit in a cell is an error of the cell, and the kernel continues", async () => {
  client = await WireClient.start();
  const { reply } = await client.execute("process.exit(3)");
  expect(reply.content).toMatchObject({ status: "error", ename: "ProcessExit" });
  expect((await client.execute("return 1")).reply.content.status).toBe("ok");
});

it("the kernel ends when the process that started it is killed", async () => {
  const launcher = `
    const { spawn } = require("node:child_process");
    const env = { ...process.env, JPY_PARENT_PID: String(process.pid) };
    const kernel = spawn(process.execPath, process.argv.slice(1), { env, stdio: "ignore", detached: true });
    console.log(kernel.pid);
    setInterval(() => {}, 1000);`;
  const file = join(tmpdir(), `connection-${process.pid}.json`);
  const ports = await Promise.all(["shell", "control", "stdin", "iopub", "hb"].map(async (n) => [n, await freePort()]));
  const fields = Object.fromEntries(ports.map(([name, port]) => [`${name}_port`, port]));
  writeFileSync(file, JSON.stringify({ ...fields, transport: "tcp", ip: "127.0.0.1", key: "k" }));
  const kernelProgram = join(packageRoot(), "test/support/stand-in-kernel.mjs");
  const parent = spawn(process.execPath, ["-e", launcher, kernelProgram, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  const end = Date.now() + 3000;
  while (isAlive(pid) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isAlive(pid)).toBe(false);
});

/** False also for a process that has ended but that nobody has waited for. */
function isAlive(pid: number): boolean {
  const status = `/proc/${pid}/stat`;
  if (existsSync("/proc/self/stat")) return existsSync(status) && !/\) [ZX] /.test(readFileSync(status, "utf8"));
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it("a port in use ends the start with a message and a cure instead of a stack", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const taken = typeof address === "object" && address ? address.port : 0;
  const names = ["control", "stdin", "iopub", "hb"];
  const ports = await Promise.all(names.map(async (name) => [`${name}_port`, await freePort()]));
  const file = join(tmpdir(), `connection-${process.pid}.json`);
  const fields = { ...Object.fromEntries(ports), shell_port: taken, ip: "127.0.0.1", key: "", transport: "tcp" };
  writeFileSync(file, JSON.stringify(fields));
  const { status, stderr } = spawnSync(process.execPath, [builtFile("kernel/main.js"), "start", file], {
    encoding: "utf8",
    timeout: 20_000,
  });
  server.close();
  expect(status).toBe(1);
  expect(stderr).toMatch(/shell socket: cannot listen on tcp:\/\/127.0.0.1:\d+: EADDRINUSE\n {2}fix: /);
});

// At 36 libzmq would find an open file for its first sockets, and abort the process at the next.
it.each([36, 40, 44])("too few open files (%i) end the start with the line to type", async (files) => {
  client = await WireClient.spawn({ evaluator: "built", before: ["sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh"] });
  expect(await client.exited).toEqual({ code: 1, signal: null });
  expect(client.stderr.join("")).toMatch(/sockets could not be opened: EMFILE\n {2}fix: .*ulimit -n/);
});

it("works over ipc sockets, and without a key", async () => {
  client = await WireClient.start({ transport: "ipc", key: "" });
  expect((await client.execute("return 1")).reply.content.status).toBe("ok");
  expect((await shutdown(client, {})).end).toEqual({ code: 0, signal: null });
});
