import { type Debugger, type Runtime, Session } from "node:inspector";
import { DebugError } from "./protocol.js";

export type CallFrame = Debugger.CallFrame;
export type RemoteObject = Runtime.RemoteObject;
export type Property = Runtime.PropertyDescriptor;
export interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number | undefined;
}

export interface MainThreadEvents {
  onPaused(event: Debugger.PausedEventDataType): void;
  onResumed(): void;
  onScript(script: { readonly scriptId: string; readonly url: string; readonly hash: string }): void;
}

/** Answer of the inspector to anything that is evaluated. */
interface Evaluated {
  readonly result: RemoteObject;
  readonly exceptionDetails?: Runtime.ExceptionDetails;
}

/** Answer of `Runtime.getProperties`; Node's types leave out the private ones. */
interface Properties {
  readonly result: readonly Property[];
  readonly privateProperties?: readonly Property[];
  readonly internalProperties?: readonly Property[];
}

const shownInside = /^\[\[(?:Entries|PromiseState|PromiseResult|BoundArgs)\]\]$/;

/**
 * Node's inspector on the main thread, used from the protocol thread, which goes on while the main thread stands at a
 * breakpoint.
 */
export class MainThread {
  private readonly session = new Session();

  constructor(events: MainThreadEvents) {
    this.session.connectToMainThread();
    this.session.on("Debugger.paused", ({ params }) => events.onPaused(params));
    this.session.on("Debugger.resumed", () => events.onResumed());
    this.session.on("Debugger.scriptParsed", ({ params }) => events.onScript(params));
  }

  /** Calls a method of the Chrome DevTools Protocol. */
  post<T = unknown>(method: string, params: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      this.session.post(method, params, (error: Error | null, result?: object) => {
        if (error === null) resolve(result as T);
        else reject(new DebugError(`${method}: ${error.message}`));
      });
    });
  }

  /**
   * Value of a JavaScript expression: in a call frame while the thread stands, else at the global level. Throws what
   * the expression throws.
   */
  async evaluate(expression: string, callFrameId?: string, options: object = {}): Promise<RemoteObject> {
    const inFrame = callFrameId === undefined ? {} : { callFrameId };
    const method = callFrameId === undefined ? "Runtime.evaluate" : "Debugger.evaluateOnCallFrame";
    const { result, exceptionDetails } = await this.post<Evaluated>(method, { expression, ...inFrame, ...options });
    if (exceptionDetails === undefined) return result;
    throw new DebugError(exceptionDetails.exception?.description?.split("\n")[0] ?? exceptionDetails.text);
  }

  /** The same as plain data. */
  async read<T>(expression: string, callFrameId?: string): Promise<T> {
    return (await this.evaluate(expression, callFrameId, { returnByValue: true })).value as T;
  }

  /** Its own, the `#private` ones and the entries of a Map or Set among them, and the state of a promise. */
  async properties(objectId: string): Promise<readonly Property[]> {
    const options = { objectId, ownProperties: true, generatePreview: false };
    const found = await this.post<Properties>("Runtime.getProperties", options);
    const inside = (found.internalProperties ?? []).filter(({ name }) => shownInside.test(name));
    return [...inside, ...(found.privateProperties ?? []), ...found.result];
  }

  disconnect(): void {
    this.session.disconnect();
  }
}
