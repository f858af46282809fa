import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Request as RequestSocket, Subscriber } from "zeromq";
import { builtFile, packageRoot } from "../../src/core/package-root.js";
import { freePort } from "./ports.js";

/**
 * A client of our own that speaks the wire protocol without any code of the kernel's, so that both cannot be wrong
 * alike.
 */
export interface WireMessage {
  readonly type: string;
  readonly parentId: string | undefined;
  readonly channel: "shell" | "control" | "stdin" | "iopub";
  readonly buffers: readonly Buffer[];
  readonly header: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: messages are looked at field by field
  readonly content: any;
  /** True if the signature is right. */
  readonly signed: boolean;
}

const delimiter = "<IDS|MSG>";

/** Fields of a message beside its content. */
export interface Extra {
  readonly header?: Record<string, unknown>;
  readonly parent?: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
  readonly buffers?: readonly Buffer[];
}

type Channel = "shell" | "control" | "stdin";

export interface StartOptions {
  /** "standIn": an evaluator that starts at once; "built": the kernel as it ships. */
  readonly evaluator?: "standIn" | "built";
  readonly transport?: "tcp" | "ipc";
  readonly key?: string;
  readonly environment?: Record<string, string>;
  /** The kernel's program, in place of the one that was built here. */
  readonly program?: string;
  /** A command in front of it, such as setpriv. */
  readonly before?: readonly string[];
}

export class WireClient {
  readonly process: ChildProcess;
  readonly stderr: string[] = [];
  readonly iopub: WireMessage[] = [];
  readonly replies: WireMessage[] = [];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  private readonly session = randomUUID();
  // No high-water mark: a test never waits for the kernel to read.
  // The kernel sends its questions to the identity that the request came from, on another socket.
  readonly shell = new Dealer({ linger: 0, sendHighWaterMark: 0, routingId: this.session });
  readonly stdin = new Dealer({ linger: 0, routingId: this.session });
  readonly control = new Dealer({ linger: 0, sendHighWaterMark: 0 });
  private readonly heartbeatSocket = new RequestSocket({ linger: 0 });
  private readonly subscriber = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  private readonly listeners = new Set<() => void>();
  /** input_request messages. */
  readonly questions: WireMessage[] = [];

  private constructor(
    private readonly launch: () => ChildProcess,
    /** Working directory of the kernel. */
    readonly folder: string,
    private readonly key: string,
    private readonly addresses: Record<string, string>,
  ) {
    this.process = launch();
    this.exited = new Promise((resolve) => this.process.once("exit", (code, signal) => resolve({ code, signal })));
    this.process.stderr?.on("data", (chunk: Buffer) => this.stderr.push(chunk.toString()));
    for (const [socket, name] of [
      [this.shell, "shell"],
      [this.control, "control"],
      [this.stdin, "stdin"],
      [this.heartbeatSocket, "hb"],
      [this.subscriber, "iopub"],
    ] as const)
      socket.connect(addresses[name] as string);
    this.subscriber.subscribe();
    void this.collect("iopub", this.subscriber, this.iopub);
    void this.collect("shell", this.shell, this.replies);
    void this.collect("control", this.control, this.replies);
    void this.collect("stdin", this.stdin, this.questions);
  }

  /** Starts a kernel and connects to it; resolves once it has answered kernel_info and its output is being received. */
  static async start(options: StartOptions = {}): Promise<WireClient> {
    return (await WireClient.spawn(options)).ready();
  }

  /** Starts a kernel without waiting for it. */
  static async spawn(options: StartOptions = {}) {
    const { evaluator = "standIn", transport = "tcp", key = "secret", environment = {}, before = [] } = options;
    const folder = mkdtempSync(join(tmpdir(), "wire-"));
    const names = ["shell", "control", "stdin", "iopub", "hb"];
    const ports = await Promise.all(names.map((_, index) => (transport === "ipc" ? index + 1 : freePort())));
    const ip = transport === "ipc" ? join(folder, "s") : "127.0.0.1";
    const fields = Object.fromEntries(names.map((name, index) => [`${name}_port`, ports[index]]));
    const file = join(folder, "connection.json");
    writeFileSync(file, JSON.stringify({ ...fields, transport, ip, key, signature_scheme: "hmac-sha256" }));
    const argv =
      evaluator === "built"
        ? [options.program ?? builtFile("kernel/main.js"), "start", file]
        : [join(packageRoot(), "test/support/stand-in-kernel.mjs"), file];
    // No test leaves history in the user's own folder.
    const env = { ...process.env, JUPYTER_DATA_DIR: join(folder, "data"), ...environment };
    const [command = "", ...rest] = [...before, process.execPath, ...argv];
    const launch = () => spawn(command, rest, { env, cwd: folder });
    const address = (port: number) => (transport === "ipc" ? `ipc://${ip}-${port}` : `tcp://${ip}:${port}`);
    const addresses = Object.fromEntries(names.map((name, index) => [name, address(ports[index] as number)]));
    return new WireClient(launch, folder, key, addresses);
  }

  /** Starts the kernel once more with the same connection file, after it has ended; this client is of no use then. */
  async again(): Promise<WireClient> {
    this.closeSockets();
    return new WireClient(this.launch, this.folder, this.key, this.addresses).ready();
  }

  private async ready(): Promise<this> {
    await this.until(() => this.iopub.some(({ type }) => type === "iopub_welcome"), "iopub_welcome");
    await this.request("kernel_info_request");
    // A question that is asked before this socket is connected would be lost.
    await this.send("kernel_info_request", {}, "stdin");
    await this.until(() => this.questions.length > 0, "an answer on stdin");
    this.questions.length = 0;
    return this;
  }

  /** Frames of a properly signed message. */
  frames(type: string, content: object = {}, extra: Extra = {}): Buffer[] {
    const header = {
      msg_id: randomUUID(),
      session: this.session,
      username: "test",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.5",
      ...extra.header,
    };
    const parts = [header, extra.parent ?? {}, extra.metadata ?? {}, content];
    return [...this.signed(parts.map((part) => Buffer.from(JSON.stringify(part)))), ...(extra.buffers ?? [])];
  }

  /** Puts delimiter and signature before whatever parts. */
  signed(parts: readonly Buffer[]): Buffer[] {
    return [Buffer.from(delimiter), Buffer.from(this.sign(parts)), ...parts];
  }

  /** Sends a request and returns its id. */
  async send(type: string, content: object = {}, channel: Channel = "shell", extra: Extra = {}): Promise<string> {
    const frames = this.frames(type, content, extra);
    await this[channel].send(frames);
    return JSON.parse((frames[2] as Buffer).toString()).msg_id;
  }

  /** Sends a request and waits for its reply. */
  async request(type: string, content: object = {}, channel: "shell" | "control" = "shell"): Promise<WireMessage> {
    return this.reply(await this.send(type, content, channel));
  }

  async reply(id: string): Promise<WireMessage> {
    const find = () => this.replies.find(({ parentId }) => parentId === id);
    await this.until(() => find() !== undefined, `reply to ${id}`);
    return find() as WireMessage;
  }

  /** Runs a cell; resolves with its reply and with everything on iopub from its busy to its idle. */
  async execute(code: string, options: object = {}): Promise<{ reply: WireMessage; iopub: WireMessage[] }> {
    const id = await this.send("execute_request", { code, ...options });
    return { reply: await this.reply(id), iopub: await this.untilIdle(id) };
  }

  async untilIdle(id: string): Promise<WireMessage[]> {
    const mine = () => this.iopub.filter(({ parentId }) => parentId === id);
    await this.until(() => mine().some(({ content }) => content.execution_state === "idle"), `idle of ${id}`);
    return mine();
  }

  /** Resolves with the first message on iopub that fits. */
  async published(fits: (message: WireMessage) => boolean, what: string): Promise<WireMessage> {
    await this.until(() => this.iopub.some(fits), what);
    return this.iopub.find(fits) as WireMessage;
  }

  /** Round-trip time of a heartbeat in ms. */
  async heartbeat(): Promise<number> {
    const start = performance.now();
    await this.heartbeatSocket.send("ping");
    await this.heartbeatSocket.receive();
    return performance.now() - start;
  }

  /** Resolves when something that arrives makes `condition` true; fails after `ms`. */
  async until(condition: () => boolean, what: string, ms = 30_000): Promise<void> {
    const end = Date.now() + ms;
    while (!condition()) {
      if (this.process.exitCode !== null) throw new Error(`the kernel ended: ${this.stderr.join("")}`);
      if (Date.now() > end) throw new Error(`no ${what} within ${ms} ms; kernel's log: ${this.stderr.join("")}`);
      await new Promise<void>((resolve) => {
        this.listeners.add(resolve);
        setTimeout(resolve, 50);
      });
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGKILL");
    await this.exited;
    this.closeSockets();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private closeSockets(): void {
    for (const socket of [this.shell, this.control, this.stdin, this.heartbeatSocket, this.subscriber]) socket.close();
  }

  private sign(parts: readonly Buffer[]): string {
    return this.key === "" ? "" : createHmac("sha256", this.key).update(Buffer.concat(parts)).digest("hex");
  }

  private async collect(channel: WireMessage["channel"], socket: Dealer | Subscriber, into: WireMessage[]) {
    for await (const frames of socket) {
      const start = frames.findIndex((frame) => frame.toString() === delimiter);
      const parts = frames.slice(start + 2, start + 6);
      const [header, parent, , content] = parts.map((part) => JSON.parse(part.toString()));
      const signed = frames[start + 1]?.toString() === this.sign(parts);
      const buffers = frames.slice(start + 6);
      into.push({ type: header.msg_type, parentId: parent.msg_id, channel, header, content, buffers, signed });
      for (const wake of this.listeners) wake();
      this.listeners.clear();
    }
  }
}
