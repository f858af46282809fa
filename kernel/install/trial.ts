import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer } from "zeromq";
import { type Codec, createCodec } from "../channels/codec.js";
import { type Connection, endpoint, parseConnection, socketNames } from "../channels/connection.js";
import { reasonOf } from "../core/error.js";
import { bad, type Check, good } from "./check.js";

/** How long the kernel may take for each answer, in ms. */
const patience = 30_000;

/** Starts a kernel as Jupyter would, asks who it is, runs a cell and shuts it down. */
export async function tryKernel(argv: readonly string[]): Promise<Check> {
  const folder = await mkdtemp(join(tmpdir(), "mindformers-lab-doctor-"));
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  let kernel: Started | undefined;
  try {
    kernel = await start(argv, folder);
    const { implementation, banner } = await kernel.ask("kernel_info_request", {});
    const ready = seconds();
    const { status, evalue } = await kernel.ask("execute_request", { code: "1 + 1", allow_stdin: false });
    if (status !== "ok") throw new Error(`the cell 1 + 1 failed: ${String(evalue)}`);
    return good(
      "A kernel",
      `${String(banner ?? implementation)}: answers after ${ready}, first result after ${seconds()}`,
    );
  } catch (error) {
    const line = argv.map((part) => (part.includes(" ") ? JSON.stringify(part) : part)).join(" ");
    return bad("A kernel", `expected one that starts and answers, found: ${reasonOf(error)}`, line);
  } finally {
    await kernel?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Started {
  /** Content of the reply on shell. */
  ask(type: string, content: object): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

async function start(argv: readonly string[], folder: string): Promise<Started> {
  const file = join(folder, "connection.json");
  const connection = await writeConnection(file);
  const [program = "", ...rest] = argv.map((part) => part.replaceAll("{connection_file}", file));
  const environment = { ...process.env, MINDFORMERS_LAB_HISTORY: "off", JPY_PARENT_PID: String(process.pid) };
  const child = spawn(program, rest, { cwd: folder, env: environment, stdio: ["ignore", "ignore", "pipe"] });
  const ended = endOf(child);
  // Somebody must be there from the beginning, or it would be an unhandled rejection.
  ended.catch(() => undefined);
  const codec = createCodec({ key: connection.key, hash: connection.hash, session: randomUUID() });
  const shell = new Dealer({ linger: 0, receiveTimeout: patience });
  const control = new Dealer({ linger: 200 });
  shell.connect(endpoint(connection, "shell"));
  control.connect(endpoint(connection, "control"));
  return {
    ask: (type, content) => Promise.race([ask({ shell, codec }, type, content), ended]),
    async stop() {
      await control.send(framesOf(codec, "shutdown_request", { restart: false }));
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
      await ended.catch(() => undefined);
      clearTimeout(timer);
      shell.close();
      control.close();
    },
  };
}

async function ask({ shell, codec }: { shell: Dealer; codec: Codec }, type: string, content: object) {
  await shell.send(framesOf(codec, type, content));
  for (;;) {
    const frames = await shell.receive().catch(() => {
      throw new Error(`no answer to ${type} in ${patience / 1000} s`);
    });
    const { header, content: answer } = codec.decode(frames);
    if (header.msg_type === type.replace("_request", "_reply")) return answer;
  }
}

function framesOf(codec: Codec, type: string, content: object): Uint8Array[] {
  const rest = { parent: undefined, metadata: "{}", buffers: [] };
  return codec.encode({ channel: "shell", identities: [], type, content: JSON.stringify(content), ...rest });
}

/** Rejects when the kernel ends, with what it said last. */
function endOf(child: ChildProcess): Promise<never> {
  let said = "";
  child.stderr?.on("data", (data) => {
    said = (said + String(data)).slice(-2000);
  });
  return new Promise((_, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const last = said.trim().split("\n").slice(-3).join(" · ");
      reject(new Error(`it ended with ${signal ?? `exit code ${code}`}${last === "" ? "" : `: ${last}`}`));
    });
  });
}

async function writeConnection(file: string): Promise<Connection> {
  const ports = await freePorts(socketNames.length);
  const fields = Object.fromEntries(socketNames.map((name, index) => [`${name}_port`, ports[index]]));
  const text = JSON.stringify({
    transport: "tcp",
    ip: "127.0.0.1",
    key: randomUUID(),
    signature_scheme: "hmac-sha256",
    ...fields,
  });
  await writeFile(file, text, { mode: 0o600 });
  return parseConnection(text, file);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
