import { expect } from "vitest";
import { WireClient, type WireMessage } from "./wire-client.js";

/** A front end's debugger: requests of the Debug Adapter Protocol to a kernel as it ships. */
export class DebugClient {
  private seq = 0;

  private constructor(readonly wire: WireClient) {}

  static async start(): Promise<DebugClient> {
    return new DebugClient(await WireClient.start({ evaluator: "built" }));
  }

  stop(): Promise<void> {
    return this.wire.stop();
  }

  /** One request; the body of its response, which must be a success. */
  async ask(command: string, given: object = {}) {
    this.seq += 1;
    const message = { type: "request", seq: this.seq, command, arguments: given };
    const { content, type } = await this.wire.request("debug_request", message, "control");
    expect({ type, answered: content.request_seq, success: content.success, message: content.message }).toEqual({
      type: "debug_reply",
      answered: this.seq,
      success: true,
      message: undefined,
    });
    return content.body;
  }

  events(name: string): WireMessage[] {
    return this.wire.iopub.filter(({ type, content }) => type === "debug_event" && content.event === name);
  }

  /** Waits until the thread has stopped so many times; the event. */
  async stops(count: number): Promise<WireMessage> {
    await this.wire.until(() => this.events("stopped").length >= count, `stop number ${count}`);
    return this.events("stopped")[count - 1] as WireMessage;
  }

  async attach(): Promise<void> {
    await this.ask("initialize", { clientID: "test" });
    await this.ask("attach");
    expect(this.events("initialized")).toHaveLength(1);
  }

  async breakpoints(path: string, lines: readonly number[]) {
    const breakpoints = lines.map((line) => ({ line }));
    return (await this.ask("setBreakpoints", { source: { path }, breakpoints })).breakpoints;
  }

  /** Sets a cell's breakpoints as JupyterLab does it, and runs it; the id of the request and the cell's path. */
  async run(code: string, lines: readonly number[] = []): Promise<{ id: string; path: string }> {
    const { sourcePath } = await this.ask("dumpCell", { code });
    await this.breakpoints(sourcePath, lines);
    await this.ask("configurationDone");
    return { id: await this.wire.send("execute_request", { code }), path: sourcePath };
  }

  /** From the inside out. */
  async frames() {
    return (await this.ask("stackTrace", { threadId: 1 })).stackFrames;
  }

  async namesIn(scope: string, frameId = 1): Promise<Record<string, string>> {
    const { scopes } = await this.ask("scopes", { frameId });
    const found = scopes.find(({ name }: { name: string }) => name === scope);
    const { variables } = await this.ask("variables", { variablesReference: found.variablesReference });
    return Object.fromEntries(variables.map(({ name, value }: { name: string; value: string }) => [name, value]));
  }
}
