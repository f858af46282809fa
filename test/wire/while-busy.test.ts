import { afterEach, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
afterEach(() => client.stop());

const busyLoop = "while (!flag()) {} throw Object.assign(new Error('stop'), { name: 'KeyboardInterrupt' })";
const hasStarted = (id: string) => () =>
  client.iopub.some(({ type, parentId }) => type === "execute_input" && parentId === id);

/** Sends a cell and waits until it runs. */
async function startCell(code: string): Promise<string> {
  const id = await client.send("execute_request", { code });
  await client.until(hasStarted(id), "execute_input");
  return id;
}

it("heartbeat and kernel_info on control and shell are answered while a cell blocks the main thread", async () => {
  client = await WireClient.start();
  await client.heartbeat();
  const id = await startCell(busyLoop);
  await client.heartbeat();
  for (const channel of ["control", "shell"] as const) {
    const value = await client.request("kernel_info_request", {}, channel);
    expect(value.content).toMatchObject({
      protocol_version: "5.5",
      debugger: true,
      supported_features: ["debugger", "kernel subshells"],
    });
    // Still blocked: nothing but the interrupt ends the loop.
    expect(client.replies.some(({ parentId }) => parentId === id)).toBe(false);
  }
  await client.request("interrupt_request", {}, "control");
  await client.reply(id);
});

it.each([
  ["in a busy loop", busyLoop],
  ["in an await", "await new Promise(() => {})"],
  ["in a busy loop after an await", `await 0; ${busyLoop}`],
])("an interrupt %s ends the cell, and the state survives", async (_, code) => {
  client = await WireClient.start();
  await client.execute("globalThis.kept = 41");
  const id = await startCell(code);
  await client.request("interrupt_request", {}, "control");
  expect((await client.reply(id)).content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
  const { iopub } = await client.execute("return kept + 1");
  expect(iopub[2]?.content.data["text/plain"]).toBe("42");
});

it("an interrupt may also come on shell, where VS Code sends it, while a cell blocks", async () => {
  client = await WireClient.start();
  const id = await startCell(busyLoop);
  expect((await client.request("interrupt_request", {}, "shell")).content.status).toBe("ok");
  expect((await client.reply(id)).content.ename).toBe("KeyboardInterrupt");
});

it("an interrupt also aborts the cells that wait behind the interrupted one", async () => {
  client = await WireClient.start();
  const id = await startCell("await new Promise(() => {})");
  const queued = await client.send("execute_request", { code: "return 1" });
  await client.request("interrupt_request", {}, "control");
  expect((await client.reply(id)).content.ename).toBe("KeyboardInterrupt");
  expect((await client.reply(queued)).content.status).toBe("aborted");
});

it("an interrupt while nothing runs hurts no later cell", async () => {
  client = await WireClient.start();
  for (let round = 0; round < 20; round++) {
    await client.request("interrupt_request", {}, "control");
    expect((await client.execute("return flag()")).reply.content.status).toBe("ok");
  }
});

it("many interrupts around the end of a cell never hit the next one", async () => {
  client = await WireClient.start();
  for (let round = 0; round < 15; round++) {
    const id = await startCell(`await new Promise((r) => setTimeout(r, ${round}))`);
    for (let times = 0; times < 4; times++) await client.send("interrupt_request", {}, "control");
    await client.reply(id);
    const interruptsAnswered = client.request("kernel_info_request", {}, "control");
    await interruptsAnswered;
    const { reply } = await client.execute("await new Promise((r) => setTimeout(r, 5)); return flag()");
    expect(reply.content.status).toBe("ok");
  }
});

it("SIGINT from elsewhere interrupts a cell that awaits", async () => {
  client = await WireClient.start();
  const id = await startCell("await new Promise(() => {})");
  client.process.kill("SIGINT");
  expect((await client.reply(id)).content.ename).toBe("KeyboardInterrupt");
  expect((await client.execute("return 1")).reply.content.status).toBe("ok");
});

it("completion, inspection, is_complete, history, comm_info and kernel_info do not wait for a cell that awaits", async () => {
  client = await WireClient.start();
  const id = await startCell("await new Promise(() => {})");
  const requests: [string, object][] = [
    ["complete_request", { code: "ab", cursor_pos: 2 }],
    ["inspect_request", { code: "ab", cursor_pos: 2, detail_level: 0 }],
    ["is_complete_request", { code: "ab" }],
    ["history_request", { output: false, raw: true, hist_access_type: "tail", n: 1 }],
    ["comm_info_request", {}],
    ["kernel_info_request", {}],
    ["connect_request", {}],
  ];
  for (const [type, content] of requests) {
    const value = await client.request(type, content);
    expect(value.type).toBe(type.replace("_request", "_reply"));
    expect(value.content.status).not.toBe("error");
  }
  await client.request("interrupt_request", {}, "control");
  await client.reply(id);
});

it("after the idle of a request that was served meanwhile, the running cell is announced as busy again", async () => {
  client = await WireClient.start();
  const cell = await startCell("await new Promise(() => {})");
  const side = await client.send("is_complete_request", { code: "x" });
  const states = () => client.iopub.filter(({ type }) => type === "status").slice(-3);
  await client.until(() => states().at(-1)?.parentId === cell && states().at(-2)?.parentId === side, "busy again");
  expect(states().map(({ content, parentId }) => [content.execution_state, parentId])).toEqual([
    ["busy", side],
    ["idle", side],
    ["busy", cell],
  ]);
  await client.request("interrupt_request", {}, "control");
  await client.untilIdle(cell);
});
