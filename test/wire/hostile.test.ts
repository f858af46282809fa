import { afterEach, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
afterEach(() => client.stop());

const text = (value: string) => Buffer.from(value);

/**
 * Sends frames as they are, then a proper request on the same channel: only that one may be answered, and the kernel
 * must live.
 */
async function isIgnored(frames: readonly Buffer[], reason: string): Promise<void> {
  for (const channel of ["shell", "control"] as const) await isIgnoredOn(channel, frames, reason);
}

async function isIgnoredOn(channel: "shell" | "control", frames: readonly Buffer[], reason: string): Promise<void> {
  const before = client.replies.length;
  await client[channel].send([...frames]);
  await client.request("kernel_info_request", {}, channel);
  expect(client.replies.length, reason).toBe(before + 1);
  const pattern = new RegExp(`${channel}: a message was ignored: ${reason}`);
  await client.until(() => pattern.test(client.stderr.join("")), `line in the log: ${pattern}`);
}

it("a message with a wrong signature, an empty one, or one of another length is ignored and logged", async () => {
  client = await WireClient.start();
  const good = client.frames("kernel_info_request");
  await isIgnored([good[0] as Buffer, text("0".repeat(64)), ...good.slice(2)], "wrong signature");
  await isIgnored([good[0] as Buffer, text(""), ...good.slice(2)], "wrong signature");
  await isIgnored([good[0] as Buffer, text("ff"), ...good.slice(2)], "wrong signature");
  await isIgnored([...good.slice(0, 5), text('{"changed":1}')], "wrong signature");
});

it("a message that is sent a second time is ignored, also on another channel", async () => {
  client = await WireClient.start();
  const frames = client.frames("kernel_info_request");
  await client.shell.send(frames);
  await client.until(() => client.replies.length === 2, "the first reply");
  await isIgnored(frames, "sent a second time");
});

it("truncated messages and messages without delimiter are ignored", async () => {
  client = await WireClient.start();
  const good = client.frames("kernel_info_request");
  for (const length of [1, 2, 3, 4, 5]) await isIgnored(good.slice(0, length), "too few frames");
  await isIgnored([text("")], "no delimiter");
  await isIgnored([text("a"), text("b"), text("c")], "no delimiter");
});

it("properly signed nonsense is ignored: no JSON, no objects, no message id", async () => {
  client = await WireClient.start();
  const header = client.frames("kernel_info_request")[2] as Buffer;
  const signed = (...parts: string[]) => client.signed(parts.map(text));
  await isIgnoredOn("shell", signed("{", "{}", "{}", "{}"), "header is not JSON");
  await isIgnoredOn("shell", signed(header.toString(), "{}", "{}", "nul"), "content is not JSON");
  await isIgnoredOn("shell", signed(header.toString(), "{}", "{}", "[1]"), "content is not an object");
  await isIgnoredOn("shell", signed(header.toString(), "{}", "7", "{}"), "metadata is not an object");
  await isIgnoredOn("shell", signed("{}", "{}", "{}", '{"a":1}'), "header lacks msg_id");
  await isIgnoredOn("shell", signed('{"msg_id":"1","msg_type":7}', "{}", "{}", "{}"), "header lacks msg_type");
  await isIgnoredOn("shell", signed("[".repeat(100_000), "{}", "{}", "{}"), "header is not JSON");
});

it("a flood of forged messages fills neither the log nor the kernel's patience", async () => {
  client = await WireClient.start();
  for (let count = 0; count < 2500; count++) await client.shell.send([text("<IDS|MSG>"), text(`${count}`), text("x")]);
  const { reply } = await client.execute("return 1");
  expect(reply.content.status).toBe("ok");
  expect(client.stderr.join("").split("\n").length).toBeLessThan(30);
});

it("a request of unknown type gets an error reply; another message of unknown type gets none", async () => {
  client = await WireClient.start();
  for (const channel of ["shell", "control"] as const) {
    const reply = await client.request("flight_request", { type: "request" }, channel);
    expect(reply.type).toBe("flight_reply");
    expect(reply.content).toMatchObject({ status: "error", ename: "UnknownRequest", traceback: [] });
  }
  const before = client.replies.length;
  await client.untilIdle(await client.send("toString", {}));
  await client.untilIdle(await client.send("__proto__", {}));
  expect(client.replies.length).toBe(before);
});

it("a request with wrong content gets an error reply that names the field", async () => {
  client = await WireClient.start();
  const cases: [string, object, RegExp][] = [
    ["execute_request", {}, /code: expected a string, found nothing/],
    ["execute_request", { code: "1", silent: "yes" }, /silent: expected true or false, found "yes"/],
    ["execute_request", { code: "1", user_expressions: { a: 1 } }, /user_expressions: expected an object of strings/],
    ["complete_request", { code: "1", cursor_pos: 1.5 }, /cursor_pos: expected a whole number, found 1.5/],
    ["history_request", { hist_access_type: "all" }, /hist_access_type: expected range, tail, search, found "all"/],
  ];
  for (const [type, content, message] of cases) {
    const reply = await client.request(type, content);
    expect(reply.content).toMatchObject({ status: "error", ename: "MalformedRequest" });
    expect(reply.content.evalue).toMatch(message);
  }
  expect((await client.execute("return 1")).reply.content.status).toBe("ok");
});
