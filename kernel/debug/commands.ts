import type { DebugRequest } from "../channels/messages.js";
import { cellPath, cellPaths } from "./cell-path.js";
import type { Debugger } from "./debugger.js";
import type { RemoteObject } from "./main-thread.js";
import { type Body, DebugError, numberArgument, textArgument } from "./protocol.js";
import { withCells } from "./stopped.js";

/** What a front end's debugger session remembers here: the text of the cells that it has shown us, by path. */
export interface DebugState {
  readonly debugger: Debugger;
  readonly sources: Map<string, string>;
}

type Command = (request: DebugRequest, state: DebugState) => Body | Promise<Body>;

const exceptions = "raised";

const capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsEvaluateForHovers: true,
  supportsTerminateDebuggee: false,
  // The kernel catches what a cell throws, so V8 can't tell uncaught exceptions from others.
  exceptionBreakpointFilters: [{ filter: exceptions, label: "Exceptions thrown in cells", default: false }],
};

/**
 * Every request of the Debug Adapter Protocol, and of Jupyter's additions to it, that is served; each gives the body of
 * its response.
 */
export const commands: Readonly<Record<string, Command>> = {
  debugInfo: (_, { debugger: own }) => ({
    isStarted: own.isAttached,
    ...cellPaths,
    breakpoints: own.isAttached
      ? [...own.parts.scripts.breakpoints].map(([path, lines]) => ({
          source: path,
          breakpoints: lines.map((line) => ({ line })),
        }))
      : [],
    stoppedThreads: own.stopped === undefined ? [] : [1],
    richRendering: true,
    exceptionPaths: [],
    copyToGlobals: false,
  }),
  initialize: () => capabilities,
  attach: attach,
  launch: attach,
  configurationDone: () => ({}),
  disconnect: async (_, { debugger: own }) => {
    await own.detach();
    return {};
  },
  dumpCell(request, { sources }) {
    const code = textArgument(request, "code");
    const sourcePath = cellPath(code);
    sources.set(sourcePath, code);
    return { sourcePath };
  },
  source(request, { sources, debugger: own }) {
    const path = pathArgument(request);
    const content = sources.get(path) ?? (own.isAttached ? own.parts.scripts.codeOf(path) : undefined);
    if (content === undefined)
      throw new DebugError(`source: expected a cell or a file that cells import, found neither at ${path}`);
    return { content, mimeType: "text/typescript" };
  },
  setBreakpoints,
  setExceptionBreakpoints: async (request, { debugger: own }) => {
    const filters = request.arguments.filters as readonly string[] | undefined;
    const state = filters?.includes(exceptions) ? "all" : "none";
    await own.parts.thread.post("Debugger.setPauseOnExceptions", { state });
    return {};
  },
  threads: () => ({ threads: [{ id: 1, name: "main" }] }),
  modules: (_, { debugger: own }) => {
    const files = own.isAttached ? own.parts.scripts.files : [];
    return { modules: files.map(({ label, path }) => ({ id: path, name: label, path })), totalModules: files.length };
  },
  stackTrace: (_, { debugger: own }) => {
    const stackFrames = own.standing.stack();
    return { stackFrames, totalFrames: stackFrames.length };
  },
  scopes: async (request, { debugger: own }) => ({
    scopes: await own.standing.scopes(numberArgument(request, "frameId")),
  }),
  variables: async (request, { debugger: own }) => ({
    variables: await own.parts.variables.list(numberArgument(request, "variablesReference")),
  }),
  inspectVariables: async (_, { debugger: own }) => ({ variables: await own.parts.variables.ofCells() }),
  richInspectVariables: async (request, { debugger: own }) => {
    const value = await valueIn(textArgument(request, "variableName"), request.arguments.frameId, own);
    const { value: text } = own.parts.variables.valueOf(value);
    return { data: { "text/plain": text }, metadata: {} };
  },
  evaluate: async (request, { debugger: own }) => {
    const value = await valueIn(textArgument(request, "expression"), request.arguments.frameId, own);
    const { value: result, ...rest } = own.parts.variables.valueOf(value);
    return { result, ...rest };
  },
  continue: async (_, { debugger: own }) => {
    await own.resume();
    return { allThreadsContinued: true };
  },
  next: step("stepOver"),
  stepIn: step("stepInto"),
  stepOut: step("stepOut"),
  pause: async (_, { debugger: own }) => {
    await own.pause();
    return {};
  },
};

async function attach(_: DebugRequest, { debugger: own }: DebugState): Promise<Body> {
  await own.attach();
  return {};
}

function step(kind: "stepOver" | "stepInto" | "stepOut"): Command {
  return async (_, { debugger: own }) => {
    await own.goOn(kind);
    return {};
  };
}

async function setBreakpoints(request: DebugRequest, { debugger: own }: DebugState): Promise<Body> {
  const path = pathArgument(request);
  const wanted = (request.arguments.breakpoints ?? []) as readonly { readonly line: number }[];
  const lines = wanted.map(({ line }) => line).filter((line) => Number.isInteger(line) && line >= 1);
  const found = await own.parts.scripts.setBreakpoints(path, lines);
  const message = "set when a cell imports the file";
  return {
    breakpoints: found.map(({ line, isKnown }) => ({
      verified: isKnown,
      line,
      source: { path },
      ...(isKnown ? {} : { message }),
    })),
  };
}

function pathArgument(request: DebugRequest): string {
  const path = (request.arguments.source as { readonly path?: unknown } | undefined)?.path;
  if (typeof path === "string") return path;
  throw new DebugError(`${request.command}: expected source.path, found ${JSON.stringify(request.arguments.source)}`);
}

/** In a frame of a cell that stands, else among the variables of cells. */
function valueIn(expression: string, frameId: unknown, own: Debugger): Promise<RemoteObject> {
  if (own.stopped !== undefined)
    return own.stopped.evaluate(expression, typeof frameId === "number" ? frameId : undefined);
  return own.parts.thread.evaluate(withCells(expression));
}
