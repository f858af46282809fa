import { afterEach, beforeEach, expect, it } from "vitest";
import { murmur2 } from "../../kernel/debug/cell-path.js";
import { WireClient, type WireMessage } from "../support/wire-client.js";

let client: WireClient;
let seq = 0;

beforeEach(async () => {
  client = await WireClient.start({ engine: "built" });
});
afterEach(() => client.stop());

/** One request of the Debug Adapter Protocol; the body of its response. */
async function ask(command: string, given: object = {}) {
  seq += 1;
  const message = { type: "request", seq, command, arguments: given };
  const { content, type } = await client.request("debug_request", message, "control");
  expect({ type, answered: content.request_seq, success: content.success, message: content.message }).toEqual({
    type: "debug_reply",
    answered: seq,
    success: true,
    message: undefined,
  });
  return content.body;
}

const events = (name: string): WireMessage[] =>
  client.iopub.filter(({ type, content }) => type === "debug_event" && content.event === name);

async function stops(count: number): Promise<WireMessage> {
  await client.until(() => events("stopped").length >= count, `stop number ${count}`);
  return events("stopped")[count - 1] as WireMessage;
}

async function start(): Promise<void> {
  await ask("initialize", { clientID: "test" });
  await ask("attach");
  expect(events("initialized")).toHaveLength(1);
}

/** Sets breakpoints as JupyterLab does it, and runs the cell. */
async function run(code: string, lines: readonly number[]): Promise<{ id: string; path: string }> {
  const { sourcePath } = await ask("dumpCell", { code });
  const breakpoints = lines.map((line) => ({ line }));
  await ask("setBreakpoints", { source: { path: sourcePath }, breakpoints });
  await ask("configurationDone");
  return { id: await client.send("execute_request", { code }), path: sourcePath };
}

async function topFrame() {
  const { stackFrames } = await ask("stackTrace", { threadId: 1 });
  return stackFrames[0];
}

async function namesIn(scope: string, frameId = 1): Promise<Record<string, string>> {
  const { scopes } = await ask("scopes", { frameId });
  const found = scopes.find(({ name }: { name: string }) => name === scope);
  const { variables } = await ask("variables", { variablesReference: found.variablesReference });
  return Object.fromEntries(variables.map(({ name, value }: { name: string; value: string }) => [name, value]));
}

const loop = `const factor: number = 2;
let total = 0;
for (let turn = 1; turn <= 3; turn++) {
  const part = turn * factor;
  total += part;
}
total`;

it("a cell stops at a breakpoint, shows its frames and variables, and goes on", async () => {
  await start();
  const { id, path } = await run(loop, [5]);
  expect((await stops(1)).content.body).toMatchObject({ reason: "breakpoint", threadId: 1, allThreadsStopped: true });
  expect(await topFrame()).toMatchObject({ name: "Cell [1]", line: 5, source: { path } });
  expect(await namesIn("Local")).toMatchObject({ turn: "1", part: "2" });
  expect(await namesIn("Cells")).toMatchObject({ total: "0" });
  expect((await ask("evaluate", { expression: "part + total * 10 + turn", frameId: 1 })).result).toBe("3");
  expect((await client.request("kernel_info_request", {}, "control")).content.status).toBe("ok");
  await ask("continue", { threadId: 1 });
  await stops(2);
  expect(await namesIn("Local")).toMatchObject({ turn: "2", part: "4" });
  await ask("setBreakpoints", { source: { path }, breakpoints: [] });
  await ask("continue", { threadId: 1 });
  expect((await client.reply(id)).content.status).toBe("ok");
  const result = (await client.untilIdle(id)).find(({ type }) => type === "execute_result");
  expect(result?.content.data["text/plain"]).toBe("12");
  expect(events("continued").length).toBeGreaterThanOrEqual(2);
});

it("steps go from line to line of the cell, into its functions and out of them, never into the code around it", async () => {
  await start();
  const code = `function double(value: number): number {
  const twice = value * 2;
  return twice;
}
const first = double(4);
const second = [1, 2].map((one) => one + first);
second.length`;
  const { id } = await run(code, [5]);
  await stops(1);
  const lines: number[] = [];
  for (const [index, command] of ["stepIn", "next", "stepOut"].entries()) {
    await ask(command, { threadId: 1 });
    await stops(index + 2);
    lines.push((await topFrame()).line);
  }
  expect(lines).toEqual([2, 3, 6]);
  await ask("next", { threadId: 1 });
  await stops(5);
  expect((await topFrame()).line).toBe(7);
  await ask("continue", { threadId: 1 });
  expect((await client.reply(id)).content.status).toBe("ok");
});

it("a breakpoint holds in an async function of an earlier cell, and in a cell that is run again", async () => {
  await start();
  const code = `async function late(name: string) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return name.toUpperCase();
}`;
  const { id } = await run(code, [3]);
  expect((await client.reply(id)).content.status).toBe("ok");
  const call = await client.send("execute_request", { code: "await late('x')" });
  await stops(1);
  expect(await topFrame()).toMatchObject({ name: "late", line: 3 });
  expect(await namesIn("Local")).toMatchObject({ name: '"x"' });
  await ask("continue", { threadId: 1 });
  await client.reply(call);
  await client.reply(await client.send("execute_request", { code }));
  const again = await client.send("execute_request", { code: "await late('y')" });
  await stops(2);
  await ask("continue", { threadId: 1 });
  expect((await client.reply(again)).content.status).toBe("ok");
});

it("exceptions stop the cell where they are thrown, if that is asked for", async () => {
  await start();
  await ask("setExceptionBreakpoints", { filters: ["raised"] });
  const { id } = await run("const text: string = 'no';\nthrow new Error(text);", []);
  expect((await stops(1)).content.body.reason).toBe("exception");
  expect((await topFrame()).line).toBe(2);
  await ask("continue", { threadId: 1 });
  expect((await client.reply(id)).content).toMatchObject({ status: "error", evalue: "no" });
});

it("an interrupt ends a cell that stands at a breakpoint; disconnecting lets it go on", async () => {
  await start();
  const { id } = await run(loop, [4]);
  await stops(1);
  await client.request("interrupt_request", {}, "control");
  expect((await client.reply(id)).content.ename).toBe("KeyboardInterrupt");
  const other = await client.send("execute_request", { code: loop });
  await stops(2);
  await ask("disconnect", { restart: false, terminateDebuggee: false });
  expect((await client.reply(other)).content.status).toBe("ok");
  expect((await ask("debugInfo")).isStarted).toBe(false);
});

it("debugInfo tells how cells are named, what is set and whether the kernel stands; variables of cells are seen without stopping", async () => {
  expect(await ask("debugInfo")).toMatchObject({ isStarted: false, hashMethod: "Murmur2", breakpoints: [] });
  await start();
  const { path } = await run("const box = { a: [1, 2], when: new Date(0) };", [1]);
  await stops(1);
  const info = await ask("debugInfo");
  expect(info).toMatchObject({
    isStarted: true,
    stoppedThreads: [1],
    breakpoints: [{ source: path, breakpoints: [{ line: 1 }] }],
  });
  const hash = murmur2("const box = { a: [1, 2], when: new Date(0) };", info.hashSeed);
  expect(`${info.tmpFilePrefix}${hash}${info.tmpFileSuffix}`).toBe(path);
  expect((await ask("source", { source: { path } })).content).toContain("const box");
  await ask("continue", { threadId: 1 });
  await client.execute("1");
  const { variables } = await ask("inspectVariables");
  const box = variables.find(({ name }: { name: string }) => name === "box");
  expect(box).toMatchObject({ type: "Object", variablesReference: expect.any(Number) });
  const fields = (await ask("variables", { variablesReference: box.variablesReference })).variables;
  expect(fields.map(({ name, type }: { name: string; type: string }) => `${name}: ${type}`)).toEqual(
    expect.arrayContaining(["a: Array(2)", "when: Date"]),
  );
  const rich = await ask("richInspectVariables", { variableName: "box" });
  expect(rich.data["text/plain"]).toBe("Object");
});

it("a request that the debugger can't serve is answered with its reason", async () => {
  const fail = async (command: string, given: object = {}) =>
    (await client.request("debug_request", { type: "request", seq: 1, command, arguments: given }, "control")).content;
  expect(await fail("stackTrace")).toMatchObject({ success: false, message: "no cell stands at a breakpoint now" });
  expect(await fail("setBreakpoints", {})).toMatchObject({ success: false });
  expect(await fail("fly")).toMatchObject({ success: false, message: "the debugger does not know the request fly" });
});
