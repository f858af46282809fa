import { setTimeout as delay, setImmediate } from "node:timers/promises";
import type { MessagePort } from "node:worker_threads";
import type { MessageHeader } from "../cell/publisher.js";
import { createCodec, FramesRejected } from "../channels/codec.js";
import {
  announce,
  broadcast,
  errorReply,
  type Outgoing,
  type ReplyContent,
  type Request,
  type RequestChannel,
  replyTo,
} from "../channels/messages.js";
import { createOutbox, type Outbox } from "../channels/outbox.js";
import { readRequest } from "../channels/read-request.js";
import { closeSockets, type Sockets } from "../channels/sockets.js";
import { createSubshells } from "../channels/subshells.js";
import { reasonOf } from "../core/error.js";
import { flagIndex } from "../core/flags.js";
import { createSparseLog, log } from "../core/log.js";
import { createDebugSession } from "../debug/debug-session.js";
import type { ThreadServices } from "../requests/thread-table.js";
import { answerOnThread, isThreadRequest } from "../requests/thread-table.js";
import { createUsageMeter } from "../requests/usage.js";
import { endBlockingChild } from "./blocking-child.js";
import { outOfMemory, watchFatalReport } from "./fatal-report.js";
import { createNativeWatch, type NativeWatch } from "./native-watch.js";
import { createParentCheck } from "./parent-watch.js";
import { createStatusBoard, type StatusBoard } from "./status-board.js";
import type { Answer, FromThread, ThreadData, ToThread } from "./thread-messages.js";

/** How long the main thread may take to wind up before it counts as blocked, in ms. */
const patience = 100;
/** How long a cell may take to notice the interrupt flag before it is sent SIGINT, in ms. */
const signalAfter = 100;
const parentCheckInterval = 500;

interface RouterOptions {
  readonly data: ThreadData;
  readonly sockets: Sockets;
  readonly post: (message: FromThread) => void;
  /** From the main thread. */
  readonly port: MessagePort;
}

/**
 * The thread that owns the sockets. It answers what must be answered while a cell blocks the main thread (heartbeat,
 * kernel_info, interrupt, shutdown) and hands every other request to the main thread.
 */
export class MessageRouter implements ThreadServices {
  readonly kernelInfo;
  readonly usage = createUsageMeter();
  readonly subshells = createSubshells((id) => this.post({ kind: "subshellDeleted", id }));
  readonly debugSession = createDebugSession(
    (event) => this.send(announce("debug_event", { parent: this.debugging, content: event })),
    (isOn) => Atomics.store(this.flags, flagIndex.debugging, isOn ? 1 : 0),
  );
  /** The front end's last request to the debugger; events belong to it. */
  private debugging: Request["header"] | undefined;
  private readonly flags: Int32Array;
  private readonly codec;
  private readonly outboxes: Readonly<Record<Outgoing["channel"], Outbox>>;
  private readonly status: StatusBoard;
  private readonly dropped = createSparseLog();
  /** Cells that run or wait. */
  private readonly cells = new Map<string, Request>();
  private readonly fatalReport = watchFatalReport(() => this.tellOutOfMemory());
  /** Id of the question whose answer the main thread waits for, doing nothing else. */
  private awaited: string | undefined;
  private leaving = false;
  /** Timer of the signal that follows an interrupt if no code notices it. */
  private signal: NodeJS.Timeout | undefined;
  private receiving: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | undefined;

  private readonly data: ThreadData;
  private readonly sockets: Sockets;
  private readonly post: (message: FromThread) => void;
  private readonly native: NativeWatch;

  constructor({ data, sockets, post, port }: RouterOptions) {
    this.data = data;
    this.sockets = sockets;
    this.post = post;
    this.native = createNativeWatch({
      descriptors: data.native?.read ?? [undefined, undefined],
      publisher: { publish: (message) => this.send(broadcast(message)) },
      port,
      accept: (message) => this.accept(message),
    });
    this.kernelInfo = data.kernelInfo;
    this.flags = new Int32Array(data.flags);
    const { key, hash } = data.connection;
    this.codec = createCodec({ key, hash, session: crypto.randomUUID() });
    const outbox = (name: Outgoing["channel"]) =>
      createOutbox({
        send: (frames) => sockets[name].send(frames as Uint8Array[]),
        onFailure: (error) => log(`${name}: a message could not be sent: ${reasonOf(error)}`),
      });
    this.outboxes = {
      shell: outbox("shell"),
      control: outbox("control"),
      stdin: outbox("stdin"),
      iopub: outbox("iopub"),
    };
    this.status = createStatusBoard((message) => this.send(message));
  }

  async start(): Promise<void> {
    const welcome = [this.echoHeartbeats(), this.welcomeSubscribers()];
    this.receiving = Promise.allSettled(welcome);
    // Clients may have subscribed while the other sockets were bound: their welcome comes first.
    await setImmediate();
    this.status.starting();
    const channels = (["shell", "control", "stdin"] as const).map((channel) => this.receive(channel));
    this.receiving = Promise.allSettled([...welcome, ...channels]);
    if (this.data.parentPid !== undefined) this.watchParent(this.data.parentPid);
  }

  /** From the main thread. */
  accept(message: ToThread): void {
    if (message.kind === "send") this.send(message.message);
    else if (message.kind === "ask") {
      this.awaited = message.question.id;
      this.send(message.question);
    } else if (message.kind === "status") this.tellStatus(message.state, message.parent);
    else if (message.kind === "cellBegins") void this.cellBegins(message.name);
    else if (message.kind === "barrier") this.post({ kind: "passed", id: message.id });
    else this.close();
  }

  interrupt(): void {
    this.awaited = undefined;
    Atomics.store(this.flags, flagIndex.interrupt, 1);
    this.debugSession.release();
    this.post({ kind: "interrupt" });
    const isBlocked = () => Atomics.load(this.flags, flagIndex.blocking) > 0;
    if (isBlocked()) {
      void endBlockingChild(isBlocked);
      return;
    }
    // Loops notice the flag and awaits the message; only synchronous code without loops needs the signal.
    clearTimeout(this.signal);
    const meant = [...this.cells.keys()];
    this.signal = setTimeout(() => this.signalCells(meant), signalAfter);
  }

  /**
   * A signal that came too late would end a cell that it is not meant for: `flagIndex.signaling` lets the main thread
   * wait for it.
   */
  private signalCells(meant: readonly string[]): void {
    Atomics.store(this.flags, flagIndex.signaling, 1);
    const isUnnoticed = Atomics.load(this.flags, flagIndex.interrupt) === 1;
    if (isUnnoticed && meant.some((id) => this.cells.has(id))) process.kill(process.pid, "SIGINT");
    Atomics.store(this.flags, flagIndex.signaling, 0);
    Atomics.notify(this.flags, flagIndex.signaling);
  }

  private async cellBegins(name: string): Promise<void> {
    await this.debugSession.cellBegins(name);
    this.post({ kind: "cellReady", name });
  }

  broadcast(message: Outgoing): void {
    this.send(message);
  }

  /** Lets the main thread wind up, or, if a cell blocks it, ends the process without it. */
  async leave(): Promise<void> {
    if (this.leaving) return;
    this.leaving = true;
    this.post({ kind: "shutdown" });
    await delay(patience);
    if (this.closing !== undefined) return;
    await this.close();
    await delay(20);
    process.kill(process.pid, "SIGKILL");
  }

  private send(message: Outgoing): void {
    this.outboxes[message.channel].push(this.codec.encode(message));
  }

  private close(): Promise<void> {
    this.closing ??= this.sendRestAndClose();
    return this.closing;
  }

  private async sendRestAndClose(): Promise<void> {
    this.fatalReport.close();
    const drained = Promise.all(Object.values(this.outboxes).map((outbox) => outbox.drained()));
    await Promise.race([drained, delay(2 * patience)]);
    closeSockets(this.sockets);
    // The addon aborts the process if this thread is stopped before the reads that were under way have come to their
    // end.
    await Promise.race([this.receiving, delay(patience)]);
    await delay(0);
    Atomics.store(this.flags, flagIndex.closed, 1);
    Atomics.notify(this.flags, flagIndex.closed);
  }

  private async echoHeartbeats(): Promise<void> {
    for await (const frames of this.sockets.hb) {
      await this.sockets.hb.send(frames).catch((error) => log(`heartbeat: ${reasonOf(error)}`));
    }
  }

  private async welcomeSubscribers(): Promise<void> {
    for await (const [frame] of this.sockets.iopub) {
      if (frame?.[0] !== 1) continue;
      this.send(announce("iopub_welcome", { content: { subscription: frame.subarray(1).toString() } }));
    }
  }

  private async receive(channel: RequestChannel): Promise<void> {
    for await (const frames of this.sockets[channel]) {
      try {
        this.route(readRequest(channel, this.codec.decode(frames)));
      } catch (error) {
        if (!(error instanceof FramesRejected)) log(`${channel}: ${reasonOf(error)}`);
        else this.dropped(`${channel}: a message was ignored: ${error.message}`);
      }
    }
  }

  private route(request: Request): void {
    const { subshellId } = request;
    if (subshellId !== undefined && !this.subshells.has(subshellId)) void this.answer(request, noSuchSubshell);
    else if (request.type === "input_reply" && this.isAwaited(request.parentId))
      this.handOver({ id: this.awaited as string, value: request.content.value });
    else if (isThreadRequest(request)) void this.answer(request, () => answerOnThread(request, this));
    else {
      if (request.type === "execute_request") this.cells.set(request.header.msg_id, request);
      this.post({ kind: "request", request });
    }
  }

  /** Some clients send an answer without saying what it answers. */
  private isAwaited(questionId: string | undefined): boolean {
    return this.awaited !== undefined && (questionId === undefined || questionId === this.awaited);
  }

  private handOver(answer: Answer): void {
    this.awaited = undefined;
    this.data.answers.postMessage(answer);
    Atomics.store(this.flags, flagIndex.answered, 1);
    Atomics.notify(this.flags, flagIndex.answered);
  }

  private tellStatus(state: "busy" | "idle", parent: MessageHeader): void {
    const request = this.cells.get(parent.msg_id);
    if (state === "idle") {
      this.cells.delete(parent.msg_id);
      this.native.cellEnds(parent);
    } else if (request?.type === "execute_request") this.native.cellBegins({ parent, silent: request.content.silent });
    this.status[state](parent);
  }

  /** The main thread is about to abort the process: its clients at least learn why. */
  private tellOutOfMemory(): void {
    const { ename, evalue } = outOfMemory(this.data.heapLimit);
    for (const request of this.cells.values()) {
      const isRunning = this.status.isRunning(request.header);
      const content = { ename, evalue, traceback: [`${ename}: ${evalue}`] };
      if (isRunning) this.send(broadcast({ type: "error", parent: request.header, content }));
      this.send(replyTo(request, isRunning ? { status: "error", ...content } : { status: "aborted" }));
      this.status.idle(request.header);
    }
    // Comes last: the process ends in some 40 ms, and writing to a log without a reader would block.
    log(`${ename}: ${evalue}`);
  }

  private async answer(request: Request, content: () => ReplyContent | Promise<ReplyContent>): Promise<void> {
    if (request.type === "debug_request") this.debugging = request.header;
    this.status.busy(request.header);
    const given = content();
    // What is known at once is sent at once, so that nothing that arrives later is answered before.
    const reply = replyTo(request, given instanceof Promise ? await given : given);
    if (request.header.msg_type.endsWith("_request")) this.send(reply);
    this.status.idle(request.header);
  }

  private watchParent(pid: number): void {
    const isGone = createParentCheck(pid);
    const timer = setInterval(() => {
      if (!isGone()) return;
      clearInterval(timer);
      log(`the process ${pid} that started this kernel has ended; the kernel ends too`);
      void this.leave();
    }, parentCheckInterval);
  }
}

function noSuchSubshell(): ReplyContent {
  return errorReply("UnknownSubshell", "the subshell of the request does not exist anymore");
}
