import { afterEach, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
afterEach(() => client.stop());

it("cursor positions are code points on the wire and UTF-16 units in the evaluator", async () => {
  client = await WireClient.start();
  const code = "🦜é𝒳ab"; // 5 code points, 7 units
  const reply = await client.request("complete_request", { code, cursor_pos: 4 });
  expect(reply.content).toEqual({
    status: "ok",
    matches: ["🦜é𝒳a"],
    cursor_start: 0,
    cursor_end: 4,
    metadata: { _jupyter_types_experimental: [{ start: 0, end: 4, text: "🦜é𝒳a", type: "text" }] },
  });
  const inspection = await client.request("inspect_request", { code, cursor_pos: 3, detail_level: 0 });
  expect(inspection.content.data["text/plain"]).toBe("🦜é𝒳");
});

it("a cursor beyond the code means its end, and so does none", async () => {
  client = await WireClient.start();
  for (const content of [{ code: "abc", cursor_pos: 99 }, { code: "abc" }, { code: "abc", cursor_pos: null }]) {
    expect((await client.request("complete_request", content)).content.matches).toEqual(["abc"]);
  }
});

it("inspection of nothing is found: false with status ok", async () => {
  client = await WireClient.start();
  const reply = await client.request("inspect_request", { code: "", cursor_pos: 0 });
  expect(reply.content).toEqual({ status: "ok", found: false, data: {}, metadata: {} });
});

it("history keeps results and answers tail, range and search", async () => {
  client = await WireClient.start();
  for (const code of ["return 1", "return 'two'", "return 1", "void 0"]) await client.execute(code);
  const ask = async (content: object) =>
    (await client.request("history_request", { output: false, raw: true, ...content })).content.history;
  expect(await ask({ hist_access_type: "tail", n: 2 })).toEqual([
    [1, 3, "return 1"],
    [1, 4, "void 0"],
  ]);
  expect(await ask({ hist_access_type: "range", session: 0, start: 2, stop: 3, output: true })).toEqual([
    [1, 2, ["return 'two'", expect.stringContaining("two")]],
  ]);
  expect(await ask({ hist_access_type: "search", pattern: "return*", unique: true })).toEqual([
    [1, 2, "return 'two'"],
    [1, 3, "return 1"],
  ]);
});

it("usage_request reports memory and processor time of the kernel and its child processes, also while a cell blocks", async () => {
  client = await WireClient.start();
  const usage = async () => (await client.request("usage_request", {}, "control")).content;
  const idle = await usage();
  expect(idle).toMatchObject({ status: "ok", pid: client.process.pid, cpu_count: expect.any(Number) });
  expect(idle.host_virtual_memory.total).toBeGreaterThan(idle.host_virtual_memory.available);
  const megabyte = 1024 ** 2;
  // The kernel itself only awaits: what is measured is the child's.
  await client.execute(`const { spawn } = process.getBuiltinModule("node:child_process");
    const program = "const kept = Buffer.alloc(200 * 1024 ** 2, 1); console.log(kept.length); for (;;);";
    globalThis.child = spawn(process.execPath, ["-e", program]);
    await new Promise((resolve) => child.stdout.once("data", resolve));`);
  await usage();
  for (let busy = 0; busy < 10; busy = (await usage()).kernel_cpu) await client.heartbeat();
  expect((await usage()).kernel_memory - idle.kernel_memory).toBeGreaterThan(150 * megabyte);
  await client.execute("child.kill('SIGKILL'); await new Promise((resolve) => child.once('exit', resolve));");
  expect((await usage()).kernel_memory - idle.kernel_memory).toBeLessThan(150 * megabyte);
  const id = await client.send("execute_request", { code: "while (!flag()) {}" });
  await client.published(({ type, parentId }) => type === "execute_input" && parentId === id, "execute_input");
  await usage();
  for (let busy = 0; busy < 10; busy = (await usage()).kernel_cpu) await client.heartbeat();
  await client.request("interrupt_request", {}, "control");
  await client.reply(id);
});

it("connect_request gives the ports", async () => {
  client = await WireClient.start();
  const { content } = await client.request("connect_request");
  expect(Object.keys(content).sort()).toEqual([
    "control_port",
    "hb_port",
    "iopub_port",
    "shell_port",
    "status",
    "stdin_port",
  ]);
});

it("the first subscriber gets iopub_welcome with its subscription", async () => {
  client = await WireClient.start();
  const welcomes = client.iopub.filter(({ type }) => type === "iopub_welcome");
  expect(welcomes).toMatchObject([{ content: { subscription: "" } }]);
  expect(welcomes[0]?.parentId).toBeUndefined();
});
