import type { Debugger as Cdp } from "node:inspector";
import { MainThread } from "./main-thread.js";
import { type Body, DebugError } from "./protocol.js";
import { Scripts } from "./scripts.js";
import { Stopped } from "./stopped.js";
import { Variables } from "./variables.js";

export type StepKind = "stepOver" | "stepInto" | "stepOut";

/** Steps that end in code that isn't the user's are repeated, but not for ever. */
const mostSteps = 200;

interface Attached {
  readonly thread: MainThread;
  readonly scripts: Scripts;
  readonly variables: Variables;
}

/**
 * Debugs cells with Node's inspector, from the protocol thread: that one answers while a cell stands at a breakpoint.
 * Costs nothing until a front end turns it on.
 */
export class Debugger {
  stopped: Stopped | undefined;
  private attached: Attached | undefined;
  private step: { readonly kind: StepKind; left: number } | undefined;
  private isPausing = false;

  /**
   * `announce` sends an event of the Debug Adapter Protocol; `onSwitch` tells the main thread to wait with its cells
   * for `cellBegins`.
   */
  constructor(
    private readonly announce: (event: string, body?: Body) => void,
    private readonly onSwitch: (isOn: boolean) => void,
  ) {}

  get isAttached(): boolean {
    return this.attached !== undefined;
  }

  /** The parts that exist while the debugger is on. */
  get parts(): Attached {
    if (this.attached === undefined) throw new DebugError("the debugger is off; switch it on first (attach)");
    return this.attached;
  }

  /** The state while the thread is stopped. */
  get standing(): Stopped {
    if (this.stopped === undefined) throw new DebugError("expected a cell that is paused at a breakpoint, found none");
    return this.stopped;
  }

  async attach(): Promise<void> {
    if (this.attached !== undefined) return;
    const thread = new MainThread({
      onPaused: (event) => void this.onPaused(event).catch(() => this.resume()),
      onResumed: () => this.onResumed(),
      onScript: ({ scriptId, url, hash }) => scripts.parsed({ scriptId, url, hash }),
    });
    const scripts = new Scripts(thread);
    this.attached = { thread, scripts, variables: new Variables(thread) };
    await thread.post("Runtime.enable");
    await thread.post("Debugger.enable");
    await scripts.addEarlier();
    this.onSwitch(true);
  }

  /** Sets the breakpoints of a cell or file that the main thread has compiled and is about to run; never rejects. */
  async cellBegins(name: string): Promise<void> {
    await this.attached?.scripts.add(name).catch(() => undefined);
  }

  async detach(): Promise<void> {
    const { attached } = this;
    if (attached === undefined) return;
    this.attached = undefined;
    this.onSwitch(false);
    // Also resumes a stopped thread.
    await attached.thread.post("Debugger.disable").catch(() => undefined);
    await attached.thread.post("Runtime.disable").catch(() => undefined);
    attached.thread.disconnect();
    this.onResumed();
  }

  async resume(): Promise<void> {
    this.step = undefined;
    if (this.attached !== undefined) await this.attached.thread.post("Debugger.resume").catch(() => undefined);
  }

  async goOn(kind: StepKind): Promise<void> {
    void this.standing;
    this.step = { kind, left: mostSteps };
    await this.parts.thread.post(`Debugger.${kind}`);
  }

  /** Stops the running cell at the next place of its own. */
  async pause(): Promise<void> {
    this.isPausing = true;
    await this.parts.thread.post("Debugger.pause");
  }

  private async onPaused(event: Cdp.PausedEventDataType): Promise<void> {
    const { attached } = this;
    const [top] = event.callFrames;
    if (attached === undefined || top === undefined) return this.resume();
    const reason = this.reasonToStand(event, attached);
    if (reason === undefined) return this.stepFurther(attached.scripts.get(top.location.scriptId) !== undefined);
    this.step = undefined;
    this.isPausing = false;
    this.stopped = new Stopped(attached, event.callFrames);
    this.announce("stopped", { reason, threadId: 1, allThreadsStopped: true });
  }

  /** Undefined where the user's own code does not stand: in a guard, in an exception that a library catches. */
  private reasonToStand(event: Cdp.PausedEventDataType, { scripts }: Attached): string | undefined {
    const location = (event.callFrames[0] as Cdp.CallFrame).location;
    if ((event.hitBreakpoints ?? []).length > 0) return "breakpoint";
    if (event.reason === "exception" || event.reason === "promiseRejection")
      return scripts.get(location.scriptId) === undefined ? undefined : "exception";
    // A function returns into the middle of a statement, where no step would begin.
    const isReturn = this.step?.kind === "stepOut" && scripts.placeOf(location) !== undefined;
    if (!isReturn && !scripts.isStop(location)) return undefined;
    return this.step === undefined ? "pause" : "step";
  }

  private async stepFurther(isInCell: boolean): Promise<void> {
    const kind = this.step?.kind ?? (this.isPausing ? "stepInto" : undefined);
    this.step ??= kind && { kind, left: mostSteps };
    if (this.step === undefined || kind === undefined || this.step.left <= 0) return this.resume();
    this.step.left -= 1;
    // Back in the caller, which is where a step out leads: its next place, not its caller.
    await this.parts.thread.post(`Debugger.${kind === "stepOut" && isInCell ? "stepOver" : kind}`);
  }

  private onResumed(): void {
    if (this.stopped === undefined) return;
    this.stopped = undefined;
    this.attached?.variables.forget();
    this.announce("continued", { threadId: 1, allThreadsContinued: true });
  }
}
