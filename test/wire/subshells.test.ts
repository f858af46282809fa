import { afterAll, beforeAll, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
beforeAll(async () => {
  client = await WireClient.start();
});
afterAll(() => client.stop());

async function create(): Promise<string> {
  const { content } = await client.request("create_subshell_request", {}, "control");
  expect(content).toEqual({ status: "ok", subshell_id: expect.any(String) });
  return content.subshell_id;
}

const within = (subshell: string, code: string) =>
  client.send("execute_request", { code }, "shell", { header: { subshell_id: subshell } });

it("subshells are created, listed and deleted; kernel_info_reply says that there are such", async () => {
  const info = (await client.request("kernel_info_request")).content;
  expect(info.supported_features).toContain("kernel subshells");
  const [a, b] = [await create(), await create()];
  const list = async () => (await client.request("list_subshell_request", {}, "control")).content;
  expect(await list()).toEqual({ status: "ok", subshell_id: [a, b] });
  expect((await client.request("delete_subshell_request", { subshell_id: a }, "control")).content).toEqual({
    status: "ok",
  });
  expect((await list()).subshell_id).toEqual([b]);
  const again = await client.request("delete_subshell_request", { subshell_id: a }, "control");
  expect(again.content).toMatchObject({ status: "error", ename: "UnknownSubshell" });
  await client.request("delete_subshell_request", { subshell_id: b }, "control");
});

it("a cell in a subshell runs while a cell of the main shell awaits; output, result, and status belong to the right one", async () => {
  const subshell = await create();
  const main = await client.send("execute_request", {
    code:
      "console.log('main'); " +
      "await new Promise((r) => { globalThis.finish = r }); console.log('main goes on'); return 'of main'",
  });
  const side = await within(subshell, "console.log('side'); return 'of side'");
  expect((await client.reply(side)).content.status).toBe("ok");
  const texts = (of: string) =>
    client.iopub
      .filter(({ parentId, type }) => parentId === of && (type === "stream" || type === "execute_result"))
      .map(({ content }) => content.text ?? content.data["text/plain"]);
  await client.untilIdle(side);
  expect(texts(side)).toEqual(["side\n", "'of side'"]);
  expect(client.replies.some(({ parentId }) => parentId === main)).toBe(false);
  await client.reply(await within(subshell, "finish()"));
  expect((await client.reply(main)).content.status).toBe("ok");
  await client.untilIdle(main);
  expect(texts(main)).toEqual(["main\n", "main goes on\n", "'of main'"]);
});

it("cells of one subshell wait for each other, and an error aborts only the cells that wait in the same one", async () => {
  const [a, b] = [await create(), await create()];
  const first = await within(a, "await new Promise((r) => { globalThis.fail = () => r() }); throw new Error('in a')");
  const second = await within(a, "return 1");
  const other = await within(b, "await new Promise((r) => { globalThis.go = () => r() }); return 2");
  const last = await within(b, "fail(); return 3");
  await client.execute("await new Promise((r) => setTimeout(r, 30)); go()");
  expect((await client.reply(first)).content.evalue).toBe("in a");
  expect((await client.reply(second)).content.status).toBe("aborted");
  expect((await client.reply(other)).content.status).toBe("ok");
  expect((await client.reply(last)).content.status).toBe("ok");
});

it("deleting a subshell aborts the cells that wait in it; further requests to it get an error", async () => {
  const subshell = await create();
  const running = await within(subshell, "await new Promise((r) => { globalThis.finish = () => r() }); return 1");
  const waiting = await within(subshell, "return 2");
  // The cell is running once an answer of the main thread has come.
  await client.request("connect_request");
  await client.request("delete_subshell_request", { subshell_id: subshell }, "control");
  expect((await client.reply(waiting)).content.status).toBe("aborted");
  const late = await client.reply(await within(subshell, "return 3"));
  expect(late.content).toMatchObject({ status: "error", ename: "UnknownSubshell" });
  await client.execute("finish()");
  expect((await client.reply(running)).content.status).toBe("ok");
});

it("an interrupt ends the running cells of all shells, as they share one thread", async () => {
  const subshell = await create();
  const ids = [
    await client.send("execute_request", { code: "await new Promise(() => {})" }),
    await within(subshell, "await new Promise(() => {})"),
  ];
  await client.request("connect_request");
  await client.request("interrupt_request", {}, "control");
  for (const id of ids) expect((await client.reply(id)).content.ename).toBe("KeyboardInterrupt");
  expect((await client.execute("return flag()")).reply.content.status).toBe("ok");
});
