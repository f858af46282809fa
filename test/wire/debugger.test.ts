import { afterEach, beforeEach, expect, it } from "vitest";
import { murmur2 } from "../../kernel/debug/cell-path.js";
import { DebugClient } from "../support/debug-client.js";

let client: DebugClient;
beforeEach(async () => {
  client = await DebugClient.start();
});
afterEach(() => client.stop());

const topFrame = async () => (await client.frames())[0];

const loop = `const factor: number = 2;
let total = 0;
for (let turn = 1; turn <= 3; turn++) {
  const part = turn * factor;
  total += part;
}
total`;

it("a cell stops at a breakpoint, shows its frames and variables, and continues", async () => {
  await client.attach();
  const { id, path } = await client.run(loop, [5]);
  expect((await client.stops(1)).content.body).toMatchObject({
    reason: "breakpoint",
    threadId: 1,
    allThreadsStopped: true,
  });
  expect(await topFrame()).toMatchObject({ name: "Cell [1]", line: 5, source: { path } });
  expect(await client.namesIn("Local")).toMatchObject({ turn: "1", part: "2" });
  expect(await client.namesIn("Cells")).toMatchObject({ total: "0" });
  expect((await client.ask("evaluate", { expression: "part + total * 10 + turn", frameId: 1 })).result).toBe("3");
  expect((await client.wire.request("kernel_info_request", {}, "control")).content.status).toBe("ok");
  await client.ask("continue", { threadId: 1 });
  await client.stops(2);
  expect(await client.namesIn("Local")).toMatchObject({ turn: "2", part: "4" });
  await client.ask("setBreakpoints", { source: { path }, breakpoints: [] });
  await client.ask("continue", { threadId: 1 });
  expect((await client.wire.reply(id)).content.status).toBe("ok");
  const result = (await client.wire.untilIdle(id)).find(({ type }) => type === "execute_result");
  expect(result?.content.data["text/plain"]).toBe("12");
  expect(client.events("continued").length).toBeGreaterThanOrEqual(2);
});

it("variables can be opened: `this` with what is private, entries of a Map, a promise; a symbol has nothing to open", async () => {
  await client.attach();
  const code = `const table = new Map([["a", { b: 1 }]]); const done = Promise.resolve(4); const sign = Symbol("s");
const text = "x".repeat(5000);
class Point {
  #secret = 5;
  shift(by: number) {
    const moved = () => early + by;
    const early = this.#secret;
    return moved();
  }
}
new Point().shift(1);`;
  await client.run(code, [6]);
  await client.stops(1);
  const { scopes } = await client.ask("scopes", { frameId: 1 });
  const open = async (variablesReference: number) => (await client.ask("variables", { variablesReference })).variables;
  type Shown = { name: string; value: string; variablesReference: number };
  const named = (list: Shown[], name: string) => list.find((one) => one.name === name) as Shown;
  const local: Shown[] = await open(scopes[0].variablesReference);
  expect(await open(named(local, "this").variablesReference)).toMatchObject([{ name: "#secret", value: "5" }]);
  const ofCells: Shown[] = await open(scopes.at(-1).variablesReference);
  expect(named(ofCells, "sign")).toMatchObject({ value: "Symbol(s)", variablesReference: 0 });
  expect(named(ofCells, "text").value).toMatch(/^"x{1000}"… \(5,000 characters\)$/);
  const state = [
    { name: "[[PromiseState]]", value: '"fulfilled"' },
    { name: "[[PromiseResult]]", value: "4" },
  ];
  expect(await open(named(ofCells, "done").variablesReference)).toMatchObject(state);
  const [entries] = await open(named(ofCells, "table").variablesReference);
  expect((await open(entries.variablesReference))[0]).toMatchObject({ value: '{"a" => Object}' });
  // `early` has no value yet, which spoiled every name that isn't the frame's own.
  expect((await client.ask("evaluate", { expression: "table.size", frameId: 1 })).result).toBe("1");
});

it("steps go from line to line of the cell, into its functions and out of them, never into the code around it", async () => {
  await client.attach();
  const code = `function double(value: number): number {
  const twice = value * 2;
  return twice;
}
const first = double(4);
const second = [1, 2].map((one) => one + first);
second.length`;
  const { id } = await client.run(code, [5]);
  await client.stops(1);
  const lines: number[] = [];
  for (const [index, command] of ["stepIn", "next", "stepOut"].entries()) {
    await client.ask(command, { threadId: 1 });
    await client.stops(index + 2);
    lines.push((await topFrame()).line);
  }
  expect(lines).toEqual([2, 3, 6]);
  await client.ask("next", { threadId: 1 });
  await client.stops(5);
  expect((await topFrame()).line).toBe(7);
  await client.ask("continue", { threadId: 1 });
  expect((await client.wire.reply(id)).content.status).toBe("ok");
});

it("a breakpoint holds in an async function of an earlier cell, and in a cell that is run again", async () => {
  await client.attach();
  const code = `async function late(name: string) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return name.toUpperCase();
}`;
  const { id } = await client.run(code, [3]);
  expect((await client.wire.reply(id)).content.status).toBe("ok");
  const call = await client.wire.send("execute_request", { code: "await late('x')" });
  await client.stops(1);
  expect(await topFrame()).toMatchObject({ name: "late", line: 3 });
  expect(await client.namesIn("Local")).toMatchObject({ name: '"x"' });
  await client.ask("continue", { threadId: 1 });
  await client.wire.reply(call);
  await client.wire.reply(await client.wire.send("execute_request", { code }));
  const again = await client.wire.send("execute_request", { code: "await late('y')" });
  await client.stops(2);
  await client.ask("continue", { threadId: 1 });
  expect((await client.wire.reply(again)).content.status).toBe("ok");
});

it("exceptions stop the cell where they are thrown, if that is asked for", async () => {
  await client.attach();
  await client.ask("setExceptionBreakpoints", { filters: ["raised"] });
  const { id } = await client.run("const text: string = 'no';\nthrow new Error(text);", []);
  expect((await client.stops(1)).content.body.reason).toBe("exception");
  expect((await topFrame()).line).toBe(2);
  await client.ask("continue", { threadId: 1 });
  expect((await client.wire.reply(id)).content).toMatchObject({ status: "error", evalue: "no" });
});

it("an interrupt ends a cell that stands at a breakpoint; disconnecting lets it continue", async () => {
  await client.attach();
  const { id } = await client.run(loop, [4]);
  await client.stops(1);
  await client.wire.request("interrupt_request", {}, "control");
  expect((await client.wire.reply(id)).content.ename).toBe("KeyboardInterrupt");
  const other = await client.wire.send("execute_request", { code: loop });
  await client.stops(2);
  await client.ask("disconnect", { restart: false, terminateDebuggee: false });
  expect((await client.wire.reply(other)).content.status).toBe("ok");
  expect((await client.ask("debugInfo")).isStarted).toBe(false);
});

it("debugInfo tells how cells are named, what is set and whether the kernel stands; variables of cells are seen without stopping", async () => {
  expect(await client.ask("debugInfo")).toMatchObject({ isStarted: false, hashMethod: "Murmur2", breakpoints: [] });
  await client.attach();
  const { path } = await client.run("const box = { a: [1, 2], when: new Date(0) };", [1]);
  await client.stops(1);
  const info = await client.ask("debugInfo");
  expect(info).toMatchObject({
    isStarted: true,
    stoppedThreads: [1],
    breakpoints: [{ source: path, breakpoints: [{ line: 1 }] }],
  });
  const hash = murmur2("const box = { a: [1, 2], when: new Date(0) };", info.hashSeed);
  expect(`${info.tmpFilePrefix}${hash}${info.tmpFileSuffix}`).toBe(path);
  expect((await client.ask("source", { source: { path } })).content).toContain("const box");
  await client.ask("continue", { threadId: 1 });
  await client.wire.execute("1");
  const { variables } = await client.ask("inspectVariables");
  const box = variables.find(({ name }: { name: string }) => name === "box");
  expect(box).toMatchObject({ type: "Object", variablesReference: expect.any(Number) });
  const fields = (await client.ask("variables", { variablesReference: box.variablesReference })).variables;
  expect(fields.map(({ name, type }: { name: string; type: string }) => `${name}: ${type}`)).toEqual(
    expect.arrayContaining(["a: Array(2)", "when: Date"]),
  );
  const rich = await client.ask("richInspectVariables", { variableName: "box" });
  expect(rich.data["text/plain"]).toBe("Object");
});

it("a request that the debugger can't serve is answered with its reason", async () => {
  const fail = async (command: string, given: object = {}) =>
    (await client.wire.request("debug_request", { type: "request", seq: 1, command, arguments: given }, "control"))
      .content;
  expect(await fail("stackTrace")).toMatchObject({
    success: false,
    message: "expected a cell that is paused at a breakpoint, found none",
  });
  expect(await fail("setBreakpoints", {})).toMatchObject({ success: false });
  expect(await fail("fly")).toMatchObject({ success: false, message: "the debugger does not know the request fly" });
});
