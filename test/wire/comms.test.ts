import { afterAll, beforeAll, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
beforeAll(async () => {
  client = await WireClient.start();
});
afterAll(() => client.stop());

const about = (type: string, commId: string) =>
  client.published((message) => message.type === type && message.content.comm_id === commId, `${type} of ${commId}`);

it("comm_open for a target that nobody registered is closed at once", async () => {
  const id = await client.send("comm_open", { comm_id: "c1", target_name: "nobody", data: {} });
  const messages = await client.untilIdle(id);
  expect(messages.find(({ type }) => type === "comm_close")?.content).toEqual({ comm_id: "c1", data: {} });
  expect((await client.request("comm_info_request")).content).toEqual({ status: "ok", comms: {} });
});

it("a comm that the front end opens reaches its target, carries JSON and bytes both ways, and is listed by comm_info_request", async () => {
  await client.execute(`comms.register("echo", (comm, opened) => {
    comm.send({ hello: opened.data.name });
    comm.onMessage(({ data, metadata, buffers }) =>
      comm.send({ data, metadata }, { buffers: buffers.map((bytes) => bytes.map((byte) => byte + 1)) }));
    comm.onClose(({ data }) => console.log("closed with", data.why));
  })`);
  const opened = await client.send("comm_open", { comm_id: "c2", target_name: "echo", data: { name: "front end" } });
  expect((await about("comm_msg", "c2")).content.data).toEqual({ hello: "front end" });
  await client.untilIdle(opened);
  const { content } = await client.request("comm_info_request", { target_name: "echo" });
  expect(content).toEqual({ status: "ok", comms: { c2: { target_name: "echo" } } });
  expect((await client.request("comm_info_request", { target_name: "other" })).content.comms).toEqual({});

  const buffers = [Buffer.from([1, 2]), Buffer.from([255])];
  const sent = await client.send("comm_msg", { comm_id: "c2", data: { n: 1 } }, "shell", {
    metadata: { m: 2 },
    buffers,
  });
  const answer = await client.published(({ type, parentId }) => type === "comm_msg" && parentId === sent, "the answer");
  expect(answer.content).toEqual({ comm_id: "c2", data: { data: { n: 1 }, metadata: { m: 2 } } });
  expect(answer.buffers).toEqual([Buffer.from([2, 3]), Buffer.from([0])]);

  const closed = await client.send("comm_close", { comm_id: "c2", data: { why: "done" } });
  const printed = await client.published(({ type, parentId }) => type === "stream" && parentId === closed, "output");
  expect(printed.content.text).toBe("closed with done\n");
  expect((await client.request("comm_info_request")).content.comms).toEqual({});
});

it("a comm that a cell opens is announced with its target, data and bytes, and closes from this side", async () => {
  const { iopub } = await client.execute(
    'globalThis.mine = comms.open("widget", { data: { a: 1 }, buffers: [new Uint8Array([7])] }); ' +
      "mine.onMessage(({ data }) => { globalThis.got = data.value }); return mine.id",
  );
  const opened = iopub.find(({ type }) => type === "comm_open");
  expect(opened?.content).toEqual({ comm_id: expect.any(String), target_name: "widget", data: { a: 1 } });
  expect(opened?.buffers).toEqual([Buffer.from([7])]);
  const comm_id = opened?.content.comm_id as string;
  await client.untilIdle(await client.send("comm_msg", { comm_id, data: { value: 42 } }));
  expect((await client.execute("return got")).iopub[2]?.content.data["text/plain"]).toBe("42");
  await client.execute("mine.close({ bye: true }); mine.close()");
  expect((await about("comm_close", comm_id)).content.data).toEqual({ bye: true });
  const after = await client.execute("mine.send({})");
  expect(after.reply.content.evalue).toBe("comm to widget: expected an open comm, found a closed one; open it again");
});

it("messages about a comm that is not open do nothing, and a listener that fails is shown with its message", async () => {
  const before = client.replies.length;
  await client.untilIdle(await client.send("comm_msg", { comm_id: "gone", data: {} }));
  await client.untilIdle(await client.send("comm_close", { comm_id: "gone", data: {} }));
  expect(client.replies.length).toBe(before);
  await client.execute('comms.register("bad", async () => { throw new Error("on purpose") })');
  const id = await client.send("comm_open", { comm_id: "c3", target_name: "bad", data: {} });
  const shown = await client.published(({ type, parentId }) => type === "stream" && parentId === id, "the error");
  expect(shown.content).toMatchObject({ name: "stderr", text: expect.stringContaining("on purpose") });
});

it("comm messages are served while a cell awaits", async () => {
  await client.execute('comms.register("live", (comm) => comm.onMessage(() => comm.send({ pong: true })))');
  const cell = await client.send("execute_request", { code: "await new Promise((r) => { globalThis.finish = r })" });
  await client.send("comm_open", { comm_id: "c4", target_name: "live", data: {} });
  await client.send("comm_msg", { comm_id: "c4", data: {} });
  expect((await about("comm_msg", "c4")).content.data).toEqual({ pong: true });
  await client.request("interrupt_request", {}, "control");
  await client.untilIdle(cell);
});
