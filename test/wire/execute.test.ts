import { afterEach, expect, it } from "vitest";
import { WireClient, type WireMessage } from "../support/wire-client.js";

let client: WireClient;
afterEach(() => client.stop());

const types = (messages: readonly WireMessage[]) => messages.map(({ type }) => type);
const states = (messages: readonly WireMessage[]) =>
  messages.filter(({ type }) => type === "status").map(({ content }) => content.execution_state);

it("a cell is busy, execute_input, execute_result, idle on iopub and one reply on shell, all signed", async () => {
  client = await WireClient.start();
  const { reply, iopub } = await client.execute("return 1 + 1");
  expect(reply.type).toBe("execute_reply");
  expect(reply.content).toEqual({ status: "ok", execution_count: 1, user_expressions: {}, payload: [] });
  expect(types(iopub)).toEqual(["status", "execute_input", "execute_result", "status"]);
  expect(states(iopub)).toEqual(["busy", "idle"]);
  expect(iopub[1]?.content).toEqual({ code: "return 1 + 1", execution_count: 1 });
  expect(iopub[2]?.content).toMatchObject({ execution_count: 1, data: { "text/plain": "2" }, metadata: {} });
  expect([reply, ...iopub].every(({ signed }) => signed)).toBe(true);
});

it("an error is reported on iopub and in the reply with the same three fields", async () => {
  client = await WireClient.start();
  const { reply, iopub } = await client.execute("throw new RangeError('too far')");
  const failure = { ename: "RangeError", evalue: "too far", traceback: ["RangeError: too far"] };
  expect(reply.content).toEqual({ status: "error", execution_count: 1, ...failure });
  expect(types(iopub)).toEqual(["status", "execute_input", "error", "status"]);
  expect(iopub[2]?.content).toEqual(failure);
});

it("a silent cell publishes nothing but its status, is not counted and not in the history", async () => {
  client = await WireClient.start();
  const { reply, iopub } = await client.execute("globalThis.seen = 1; return 7", { silent: true });
  expect(reply.content).toMatchObject({ status: "ok", execution_count: 0 });
  expect(types(iopub)).toEqual(["status", "status"]);
  expect((await client.execute("return seen")).reply.content.execution_count).toBe(1);
  const history = await client.request("history_request", { output: false, raw: true, hist_access_type: "tail", n: 9 });
  expect(history.content.history).toEqual([[1, 1, "return seen"]]);
});

it("a silent cell that fails keeps its error for the reply and does not stop the cells behind it", async () => {
  client = await WireClient.start();
  const silent = await client.send("execute_request", { code: "throw new Error('x')", silent: true });
  const next = await client.send("execute_request", { code: "return 1" });
  expect((await client.reply(silent)).content).toMatchObject({ status: "error", ename: "Error", evalue: "x" });
  expect(types(await client.untilIdle(silent))).toEqual(["status", "status"]);
  expect((await client.reply(next)).content.status).toBe("ok");
});

it("store_history: false shows output but does not count", async () => {
  client = await WireClient.start();
  await client.execute("return 1");
  const { reply, iopub } = await client.execute("return 2", { store_history: false });
  expect(reply.content.execution_count).toBe(1);
  expect(types(iopub)).toContain("execute_result");
  expect((await client.execute("return 3")).reply.content.execution_count).toBe(2);
});

it("an empty cell is answered and not counted", async () => {
  client = await WireClient.start();
  const { reply } = await client.execute(" \n ");
  expect(reply.content).toMatchObject({ status: "ok", execution_count: 0 });
});

it("user_expressions are evaluated one by one; one that fails does not spoil the others", async () => {
  client = await WireClient.start();
  const user_expressions = { sum: "return 1 + 2", broken: "return nothing.here", none: "" };
  const { reply, iopub } = await client.execute("return 0", { user_expressions });
  expect(reply.content.user_expressions).toEqual({
    sum: { status: "ok", data: { "text/plain": "3" }, metadata: {} },
    broken: expect.objectContaining({ status: "error", ename: "ReferenceError" }),
    none: { status: "ok", data: { "text/plain": "undefined" }, metadata: {} },
  });
  expect(types(iopub).filter((type) => type === "execute_result")).toHaveLength(1);
});

it("stop_on_error: cells sent before the error are aborted, those sent after its reply run", async () => {
  client = await WireClient.start();
  const failing = await client.send("execute_request", {
    code: "await new Promise((r) => setTimeout(r, 300)); throw new Error('x')",
  });
  const queued = [await client.send("execute_request", { code: "return 1" })];
  queued.push(await client.send("execute_request", { code: "return 2", stop_on_error: false }));
  expect((await client.reply(failing)).content.status).toBe("error");
  for (const id of queued) {
    expect((await client.reply(id)).content).toEqual({ status: "aborted" });
    expect(states(await client.untilIdle(id))).toEqual(["busy", "idle"]);
  }
  expect((await client.execute("return 3")).reply.content).toMatchObject({ status: "ok", execution_count: 2 });
});

it("stop_on_error also aborts cells that arrived while the failing one blocked the main thread", async () => {
  client = await WireClient.start();
  const code = "const end = Date.now() + 500; while (Date.now() < end); throw new Error('x')";
  const ids = [await client.send("execute_request", { code })];
  for (let cell = 0; cell < 20; cell++) ids.push(await client.send("execute_request", { code: "return 1" }));
  const replies = await Promise.all(ids.map((id) => client.reply(id)));
  expect(replies.map(({ content }) => content.status)).toEqual(["error", ...Array(20).fill("aborted")]);
});

it("stop_on_error: false lets the cells behind the error run", async () => {
  client = await WireClient.start();
  const failing = await client.send("execute_request", { code: "throw new Error('x')", stop_on_error: false });
  const next = await client.send("execute_request", { code: "return 1" });
  expect((await client.reply(failing)).content.status).toBe("error");
  expect((await client.reply(next)).content).toMatchObject({ status: "ok", execution_count: 2 });
});

it("cells run in the order in which they were sent, each after the one before it has ended", async () => {
  client = await WireClient.start();
  const code = (n: number) =>
    `(globalThis.log ??= []).push("+${n}"); await new Promise((r) => setTimeout(r, ${9 - n})); log.push("-${n}")`;
  const ids: string[] = [];
  for (let n = 0; n < 8; n++) ids.push(await client.send("execute_request", { code: code(n) }));
  await Promise.all(ids.map((id) => client.untilIdle(id)));
  const { iopub } = await client.execute("return log.join('')");
  expect(iopub[2]?.content.data["text/plain"]).toContain("+0-0+1-1+2-2+3-3+4-4+5-5+6-6+7-7");
});
