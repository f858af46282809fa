import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createCodec, FramesRejected } from "../../../../kernel/channels/codec.js";
import { announce, replyTo } from "../../../../kernel/channels/messages.js";

const options = { key: "k", hash: "sha256", session: "s" };
const header = { msg_id: "1", session: "c", username: "u", date: "d", msg_type: "x_request", version: "5.3" };
const identities = [Buffer.from("id")];
const [parentId, subshellId] = [undefined, undefined];
const request = { channel: "shell", identities, header, parentId, subshellId, metadata: {}, buffers: [] } as const;
const text = (frame: Uint8Array | undefined) => Buffer.from(frame ?? []).toString();

it("writes identities, delimiter, HMAC of the four parts, header, parent, metadata, content, buffers", () => {
  const message = { ...replyTo(request, { status: "ok" }), buffers: [Buffer.from("raw")] };
  const frames = createCodec(options).encode(message);
  expect(frames.map(text).slice(0, 2)).toEqual(["id", "<IDS|MSG>"]);
  const hmac = createHmac("sha256", "k").update(Buffer.concat(frames.slice(3, 7)));
  expect(text(frames[2])).toBe(hmac.digest("hex"));
  expect(JSON.parse(text(frames[3]))).toMatchObject({ msg_type: "x_reply", session: "s", version: "5.5" });
  expect(JSON.parse(text(frames[4]))).toEqual(header);
  expect(frames.map(text).slice(5)).toEqual(["{}", '{"status":"ok"}', "raw"]);
});

it("signs with the hash that the connection file names", () => {
  const frames = createCodec({ ...options, hash: "sha512" }).encode(replyTo(request, { status: "ok" }));
  expect(text(frames[2])).toHaveLength(128);
});

it("an iopub message has a topic instead of identities", () => {
  const frames = createCodec(options).encode(announce("status", { content: { execution_state: "starting" } }));
  expect(text(frames[0])).toBe("kernel.s.status");
  expect(text(frames[4])).toBe("{}");
});

it("a header keeps fields that we do not know, as it goes back as parent_header", () => {
  const codec = createCodec({ ...options, key: "" });
  const parts = [{ ...header, subshell_id: null }, {}, {}, {}].map((part) => Buffer.from(JSON.stringify(part)));
  const decoded = codec.decode([Buffer.from("<IDS|MSG>"), Buffer.from(""), ...parts]);
  expect(decoded.header).toEqual({ ...header, subshell_id: null });
});

it("refuses the same signature twice, but remembers no more than 65,536 of them", () => {
  const sender = createCodec(options);
  const receiver = createCodec(options);
  const first = sender.encode(replyTo(request, { status: "ok" }));
  receiver.decode(first);
  expect(() => receiver.decode(first)).toThrow("sent a second time");
  for (let count = 0; count < 65_536; count++) receiver.decode(sender.encode(replyTo(request, { status: "ok" })));
  expect(() => receiver.decode(first)).not.toThrow();
});

it("whatever frames arrive, decoding returns a message or throws FramesRejected, nothing else", () => {
  const codec = createCodec({ ...options, key: "" });
  const part = fc.oneof(fc.json(), fc.string(), fc.constant('{"msg_id":"1","msg_type":"t"}'));
  const frames = fc.array(fc.oneof(fc.constant("<IDS|MSG>"), part), { maxLength: 9 });
  fc.assert(
    fc.property(frames, (given) => {
      try {
        const { header: found } = codec.decode(given.map((frame) => Buffer.from(frame)));
        expect(typeof found.msg_type).toBe("string");
      } catch (error) {
        expect(error).toBeInstanceOf(FramesRejected);
      }
    }),
  );
});

it("a message survives encoding and decoding for every JSON content", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (content) => {
      const frames = createCodec(options).encode(replyTo(request, { ...content, status: "ok" }));
      const decoded = createCodec(options).decode(frames);
      expect(decoded.content).toEqual(JSON.parse(JSON.stringify({ ...content, status: "ok" })));
    }),
  );
});

it("refuses headers that are too large, too deep, or no UTF-8", () => {
  const codec = createCodec({ ...options, key: "" });
  const decode = (first: Buffer) =>
    codec.decode([
      Buffer.from("<IDS|MSG>"),
      Buffer.from(""),
      first,
      ...["{}", "{}", "{}"].map((part) => Buffer.from(part)),
    ]);
  const withField = (value: string) => Buffer.from(`{"msg_id":"1","msg_type":"x","field":${value}}`);
  expect(decode(withField('"[[["')).header.msg_id).toBe("1");
  expect(() => decode(withField(JSON.stringify("x".repeat(70_000))))).toThrow(/header has 70\d+ bytes, at most 65536/);
  expect(() => decode(withField(`${"[".repeat(600)}${"]".repeat(600)}`))).toThrow(/nested deeper than 500 levels/);
  expect(() => decode(Buffer.concat([withField('"'), Buffer.from([0xff]), Buffer.from('"}')]))).toThrow(
    /header is not UTF-8/,
  );
});

it("says what is wrong with content that can't be worked on, so that the sender gets an answer", () => {
  const codec = createCodec({ ...options, key: "" });
  const decode = (content: string) =>
    codec.decode([
      Buffer.from("<IDS|MSG>"),
      ...["", JSON.stringify(header), '{"msg_id":"parent"}', "{}", content].map((part) => Buffer.from(part)),
    ]);
  expect(decode("{}")).toMatchObject({ parentId: "parent", content: {} });
  expect(decode(`{"a":${"[".repeat(100_000)}`).problem).toBe("content is nested deeper than 500 levels");
  expect(decode(`{"a":"${"x".repeat(64 * 1024 ** 2)}"}`).problem).toMatch(/content has 671\d+ bytes, at most 67108864/);
});

it("every text that leaves is well-formed Unicode, wherever it stands: a notebook with half an emoji could not be saved", () => {
  const halves = fc.constantFrom("\ud83c", "\udf89", "🎉", "\\", "\\ud83c", "u", '"', "é", "\n");
  const string = fc.string({ unit: halves, maxLength: 8 });
  const value = fc.object({ key: string, values: [string, fc.integer(), fc.boolean()], maxDepth: 3 });
  const codec = createCodec(options);
  const wellFormed = (one: string) => Buffer.from(one).toString();
  const repaired = (json: string): unknown =>
    JSON.parse(json, (_, one: unknown) => {
      if (typeof one === "string") return wellFormed(one);
      if (typeof one !== "object" || one === null || Array.isArray(one)) return one;
      return Object.fromEntries(Object.entries(one).map(([key, item]) => [wellFormed(key), item]));
    });
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  fc.assert(
    fc.property(value, value, string, (content, metadata, username) => {
      const message = {
        ...replyTo({ ...request, header: { ...header, username } }, { status: "ok", ...content }),
        metadata: JSON.stringify(metadata),
      };
      const frames = codec.encode(message);
      const parts = frames.slice(4, 7).map((frame) => utf8.decode(frame));
      expect(parts.every((part) => !/\\ud[89a-f]/.test(part.replaceAll("\\\\", "")))).toBe(true);
      expect(parts.map((part) => JSON.parse(part))).toEqual([
        { ...header, username: wellFormed(username) },
        repaired(message.metadata),
        repaired(message.content),
      ]);
    }),
    { numRuns: 2000, seed: 20261128 },
  );
});
