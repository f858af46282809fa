import { LabError } from "../../core/error.js";
import { type Program, startProgram } from "../../core/process.js";
import { nodeProgram } from "./program.js";

/** How a connection to a node is made: a program that joins its input and output with the node program's. */
export interface Connector {
  /** Node as it is called in messages. */
  readonly name: string;
  readonly argv: readonly string[];
  /** Error for a connection that ended, from what the program printed on standard error. */
  explain(end: ConnectionEnd): LabError;
}

/** How a connection ended. */
export interface ConnectionEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Last lines on standard error. */
  readonly trouble: readonly string[];
  /** The node program had answered before. */
  readonly established: boolean;
}

type Answer = Readonly<Record<string, unknown>>;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A node program that stays silent this long has lost its connection; it gives a sign every 2 s. */
const silenceMs = 10_000;
const greetingMs = 60_000;
const keptTrouble = 20;

/** One open connection to a node program: questions with answers, and what the node reports by itself. */
export class Connection {
  /** Resolves with the node's greeting; rejects if there is none. */
  readonly greeting: Promise<Answer>;
  readonly ended: Promise<ConnectionEnd>;
  readonly #connector: Connector;
  readonly #program: Promise<Program>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #trouble: string[] = [];
  readonly #report: (message: Answer) => void;
  #greet!: Waiting;
  #established = false;
  #closed = false;
  #next = 1;
  #timer: NodeJS.Timeout | undefined;

  /** Opens the connection; `report` gets every message that answers no question. */
  constructor(connector: Connector, report: (message: Answer) => void) {
    this.#connector = connector;
    this.#report = report;
    this.greeting = new Promise((resolve, reject) => {
      this.#greet = { resolve: resolve as (value: unknown) => void, reject };
    });
    this.greeting.catch(() => undefined);
    this.#program = startProgram({
      argv: connector.argv,
      input: true,
      onLine: (line, stream) => this.#take(line, stream),
    });
    this.ended = this.#run();
    this.#watchSilence(greetingMs);
  }

  /** Asks the node program. Rejects with what it answers, or NODE_UNREACHABLE when the connection ends before. */
  async ask(method: string, params: object = {}, as: object = {}): Promise<unknown> {
    const program = await this.#program;
    if (this.#closed) throw this.#connector.explain(this.#end({ exitCode: undefined, signal: undefined }));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      program.input?.write(`${JSON.stringify({ id, method, params, as })}\n`);
    });
  }

  /** Ends the connection; the node program ends with it, the training does not. */
  async close(): Promise<void> {
    const program = await this.#program.catch(() => undefined);
    program?.input?.end();
    await program?.stop({ graceMs: 500 });
  }

  async #run(): Promise<ConnectionEnd> {
    let end: ConnectionEnd;
    try {
      const program = await this.#program;
      const payload = nodeProgram();
      program.input?.write(`${payload.length}\n`);
      program.input?.write(payload);
      end = this.#end(await program.end);
    } catch (error) {
      this.#trouble.push(error instanceof Error ? error.message : String(error));
      end = this.#end({ exitCode: undefined, signal: undefined });
    }
    this.#closed = true;
    clearTimeout(this.#timer);
    const reason = this.#connector.explain(end);
    this.#greet.reject(reason);
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
    return end;
  }

  #end(how: Pick<ConnectionEnd, "exitCode" | "signal">): ConnectionEnd {
    return { ...how, trouble: this.#trouble, established: this.#established };
  }

  #take(line: string, stream: "stdout" | "stderr"): void {
    if (stream === "stderr" || !line.startsWith("\u001e")) {
      this.#trouble.push(line);
      if (this.#trouble.length > keptTrouble) this.#trouble.shift();
      return;
    }
    const message = JSON.parse(line.slice(1)) as Answer;
    this.#watchSilence(silenceMs);
    if (message.hello !== undefined) {
      this.#established = true;
      this.#greet.resolve(message.hello);
    } else if (typeof message.id === "number") this.#settle(message.id, message);
    else this.#report(message);
  }

  #settle(id: number, message: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    const error = message.error as { code: string; message: string; details?: object } | undefined;
    if (error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(refusal(this.#connector.name, error));
  }

  /** ssh ends by itself when the link is cut (keep-alive); this holds for every other way to connect as well. */
  #watchSilence(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#trouble.push(`no sign of life for ${ms / 1000} s`);
      void this.#program.then((program) => program.stop({ graceMs: 500 })).catch(() => undefined);
    }, ms);
    this.#timer.unref();
  }
}

function refusal(name: string, error: { code: string; message: string; details?: object }): LabError {
  const message = `node ${name}: ${error.message}`;
  const details = { node: name, ...error.details };
  if (error.code === "NODE_BUSY")
    return new LabError("NODE_BUSY", message, {
      hint: "choose another name for the run, or stop the other one",
      details,
    });
  if (error.code === "NODE_FENCED") {
    const hint = "nothing to do: the run is supervised";
    return new LabError("RUN_LEASE_LOST", message, { hint, details });
  }
  if (error.code === "NODE_START_FAILED")
    return new LabError("NODE_START_FAILED", message, { hint: "check cluster.python and cluster.setup", details });
  return new LabError("NODE_REQUEST_FAILED", message, { hint: "look at the node: await run.nodes()", details });
}
