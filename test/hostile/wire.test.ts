import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
beforeAll(async () => {
  client = await WireClient.start();
});
afterAll(() => client.stop());

/** Random numbers that are the same at every run. */
function createRandom(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: <T>(items: readonly T[]): T => items[below(items.length)] as T };
}

type Random = ReturnType<typeof createRandom>;

/** Everything but shutdown_request, which would rightly end the kernel. */
const samples: [type: string, content: Record<string, unknown>][] = [
  [
    "execute_request",
    { code: "return 1", silent: false, store_history: true, user_expressions: {}, allow_stdin: true },
  ],
  ["complete_request", { code: "abc", cursor_pos: 2 }],
  ["inspect_request", { code: "abc", cursor_pos: 2, detail_level: 1 }],
  ["is_complete_request", { code: "abc" }],
  ["history_request", { output: true, raw: true, hist_access_type: "search", pattern: "*1", n: 3, unique: true }],
  ["history_request", { hist_access_type: "range", session: 0, start: 1, stop: 3 }],
  ["comm_open", { comm_id: "c", target_name: "t", data: { a: 1 } }],
  ["comm_msg", { comm_id: "c", data: {} }],
  ["comm_close", { comm_id: "c", data: {} }],
  ["comm_info_request", { target_name: "t" }],
  ["kernel_info_request", {}],
  ["connect_request", {}],
  ["interrupt_request", {}],
  ["usage_request", {}],
  ["create_subshell_request", {}],
  ["delete_subshell_request", { subshell_id: "s" }],
  ["list_subshell_request", {}],
  ["input_reply", { value: "x" }],
  ["debug_request", { type: "request", command: "initialize", seq: 1 }],
];

const values: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  "",
  "return 2",
  "\u0000\ud800\u2028",
  "x".repeat(5000),
  [],
  [[[[]]]],
  {},
  { __proto__: null, constructor: { prototype: 1 } },
  { toString: 1, length: -1 },
];

function mutatedParts(random: Random): Buffer[] {
  const [type, content] = random.pick(samples);
  const header: Record<string, unknown> = {
    msg_id: randomUUID(),
    session: "s",
    username: "u",
    date: "",
    msg_type: type,
  };
  const parts: Record<string, unknown>[] = [header, {}, {}, { ...content }];
  for (let count = random.below(3); count > 0; count--) {
    const part = random.pick(parts);
    const field = random.pick([...Object.keys(part), "extra", "__proto__", "subshell_id", "msg_type", "parent_id"]);
    Object.defineProperty(part, field, {
      value: random.pick(values),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return parts.map((part) => Buffer.from(JSON.stringify(part)));
}

function withByteChanged(frames: readonly Buffer[], random: Random): Buffer[] {
  const index = random.below(frames.length);
  return frames.map((frame, at) => {
    if (at !== index || frame.length === 0) return frame;
    const copy = Buffer.from(frame);
    const place = random.below(copy.length);
    const kind = random.below(3);
    if (kind === 0) copy[place] = random.below(256);
    else if (kind === 1) return copy.subarray(0, place);
    else return Buffer.concat([copy.subarray(0, place), Buffer.from([0xff, 0xfe]), copy.subarray(place)]);
    return copy;
  });
}

/** One hostile message: changed before signing (it is read), after signing (it is refused), or in its frames. */
function hostile(random: Random, earlier: Buffer[][]): Buffer[] {
  const parts = mutatedParts(random);
  const kind = random.below(8);
  if (kind < 3) return client.signed(parts);
  if (kind === 3) return client.signed(withByteChanged(parts, random));
  const frames = client.signed(parts);
  if (kind === 4) return withByteChanged(frames, random);
  if (kind === 5) return frames.filter(() => random.below(4) > 0).concat(random.below(2) ? [] : [Buffer.from("extra")]);
  if (kind === 6) return [...frames].sort(() => random.below(3) - 1);
  return earlier.length > 0 ? random.pick(earlier) : frames;
}

it("10,000 mutated messages: the heartbeat is answered throughout, and afterwards the kernel works as before", async () => {
  const random = createRandom(20_261_125);
  const earlier: Buffer[][] = [];
  const beats: number[] = [];
  for (let count = 0; count < 10_000; count++) {
    const frames = hostile(random, earlier);
    if (count % 100 === 0) earlier.push(frames);
    // An empty message can't be sent.
    await random
      .pick([client.shell, client.shell, client.control, client.stdin])
      .send(frames.length > 0 ? frames : [""]);
    if (count % 50 === 0) await setImmediate();
    if (count % 100 === 99) beats.push(await client.heartbeat());
    if (count % 500 === 499) await client.request("connect_request");
  }
  const { reply, iopub } = await client.execute("return 6 * 7");
  expect(reply.content.status).toBe("ok");
  expect(iopub.some(({ content }) => content.data?.["text/plain"] === "42")).toBe(true);
  expect(client.process.exitCode).toBe(null);
  expect(Math.max(...beats)).toBeLessThan(10_000);
  expect(client.replies.every(({ signed }) => signed)).toBe(true);
  // What a stranger can cause as often as he likes doesn't fill the log.
  expect(client.stderr.join("").split("\n").length).toBeLessThan(200);
}, 60_000);

it("frames of 100 MB are refused if they are not signed, answered with an error as content, and taken as bytes beside it", async () => {
  const large = Buffer.alloc(100 * 1024 ** 2, 0x61);
  await client.shell.send([large]);
  await client.shell.send([Buffer.from("<IDS|MSG>"), Buffer.from("0".repeat(64)), large, large, large, large]);
  const header = { msg_id: "large", msg_type: "execute_request" };
  const text = Buffer.concat([Buffer.from('{"code":"'), large, Buffer.from('"}')]);
  await client.shell.send(
    client.signed([Buffer.from(JSON.stringify(header)), Buffer.from("{}"), Buffer.from("{}"), text]),
  );
  expect((await client.reply("large")).content.evalue).toBe(
    `execute_request: content has ${text.length} bytes, at most 67108864`,
  );
  await client.execute(
    "comms.register('large', (_, { buffers }) => { globalThis.size = buffers[0].length; globalThis.first = buffers[0][0] })",
  );
  const comm = { comm_id: "l", target_name: "large", data: {} };
  await client.untilIdle(await client.send("comm_open", comm, "shell", { buffers: [large] }));
  expect((await client.execute("return [size, first].join()")).iopub[2]?.content.data["text/plain"]).toBe(
    "'104857600,97'",
  );
}, 60_000);

it("JSON bombs are answered with an error, or ignored if the header itself is one", async () => {
  const deep = (depth: number) => `{"code":"return 1","a":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
  const send = async (id: string, content: string) => {
    const header = { msg_id: id, msg_type: "execute_request" };
    await client.shell.send(
      client.signed([JSON.stringify(header), "{}", "{}", content].map((part) => Buffer.from(part))),
    );
    return (await client.reply(id)).content;
  };
  expect(await send("shallow", deep(400))).toMatchObject({ status: "ok" });
  expect(await send("deep", deep(1_000_000))).toMatchObject({
    ename: "MalformedRequest",
    evalue: "execute_request: content is nested deeper than 500 levels",
  });
  expect(await send("open", `{"code":${"[".repeat(2_000_000)}`)).toMatchObject({ ename: "MalformedRequest" });
  await client.shell.send(client.signed([deep(5000), "{}", "{}", "{}"].map((part) => Buffer.from(part))));
  expect((await client.execute("return 1")).reply.content.status).toBe("ok");
});
