import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { MessageHeader } from "../cell/publisher.js";
import { wellFormedJson } from "../core/text.js";
import type { Outgoing } from "./messages.js";

export const protocolVersion = "5.5";

export interface DecodedMessage {
  readonly identities: readonly Uint8Array[];
  readonly header: MessageHeader;
  /** `msg_id` of the parent header, if it has one. */
  readonly parentId: string | undefined;
  /** Why content and metadata are not there (the header is): too large or nested too deeply to be worked on. */
  readonly problem?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

export interface Codec {
  /**
   * Frames of a multipart message → message; throws `FramesRejected` for whatever is not a properly signed, new
   * message.
   */
  decode(frames: readonly Uint8Array[]): DecodedMessage;
  /**
   * Message → frames. Half of a character (a lone surrogate) in any of its texts becomes U+FFFD: notebooks with one
   * can't be saved.
   */
  encode(message: Outgoing): Uint8Array[];
}

/** The frames hold no valid message. The text gives the reason and repeats nothing of the sender's. */
export class FramesRejected extends Error {
  override readonly name = "FramesRejected";
}

export interface CodecOptions {
  /** If empty, messages are neither signed nor checked. */
  readonly key: string;
  readonly hash: string;
  /** Id of this kernel's session, in every header that it writes. */
  readonly session: string;
}

/** How many signatures are kept, to reject a message that is sent a second time. */
const rememberedSignatures = 65_536;
/** Largest header or parent header in bytes: the header goes back with every message about the request. */
const maxHeader = 65_536;
/** Largest content or metadata in bytes; larger data belongs into buffers, which may have any size. */
const maxContent = 64 * 1024 ** 2;
/** Objects and lists inside of each other. Deeper ones exhaust the stack of those who walk through them. */
const maxDepth = 500;
const delimiter = Buffer.from("<IDS|MSG>");
const partNames = ["header", "parent_header", "metadata", "content"] as const;

/**
 * Wire format of Jupyter messages: identities · delimiter · signature · header · parent_header · metadata · content ·
 * buffers… The signature is the hex HMAC of the four JSON parts. Source: "Messaging in Jupyter", section "The wire
 * protocol".
 */
export function createCodec({ key, hash, session }: CodecOptions): Codec {
  const seen = new Set<string>();
  const sign = (parts: readonly Uint8Array[]): string => {
    if (key === "") return "";
    const hmac = createHmac(hash, key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  };

  const checkSignature = (given: Uint8Array, parts: readonly Uint8Array[]): void => {
    if (key === "") return;
    const expected = Buffer.from(sign(parts));
    if (given.length !== expected.length || !timingSafeEqual(expected, given)) {
      throw new FramesRejected("wrong signature");
    }
    const signature = expected.toString();
    if (seen.has(signature)) throw new FramesRejected("sent a second time");
    if (seen.size >= rememberedSignatures) seen.delete(seen.values().next().value ?? "");
    seen.add(signature);
  };

  return {
    decode(frames) {
      const start = frames.findIndex((frame) => delimiter.equals(frame));
      if (start < 0) throw new FramesRejected("no delimiter");
      const signature = frames[start + 1];
      const parts = frames.slice(start + 2, start + 6);
      if (signature === undefined || parts.length < 4) throw new FramesRejected("too few frames");
      checkSignature(signature, parts);
      const [header, parent] = parts.slice(0, 2).map((part, index) => parseHeader(part, partNames[index] ?? "part"));
      const checked = { identities: frames.slice(0, start), header: checkHeader(header ?? {}), parentId: idOf(parent) };
      const problem = problemOf(parts[2], "metadata") ?? problemOf(parts[3], "content");
      if (problem !== undefined) return { ...checked, problem, metadata: {}, content: {}, buffers: [] };
      const [metadata, content] = parts
        .slice(2)
        .map((part, index) => parseObject(part, partNames[index + 2] ?? "part"));
      return { ...checked, metadata: metadata ?? {}, content: content ?? {}, buffers: frames.slice(start + 6) };
    },

    encode(message) {
      const header: MessageHeader = {
        msg_id: message.id ?? randomUUID(),
        session,
        username: "kernel",
        date: new Date().toISOString(),
        msg_type: message.type,
        version: protocolVersion,
      };
      const parts = [
        JSON.stringify(header),
        JSON.stringify(message.parent ?? {}),
        message.metadata,
        message.content,
      ].map((text) => Buffer.from(wellFormedJson(text)));
      const route =
        message.channel === "iopub" ? [Buffer.from(`kernel.${session}.${message.type}`)] : message.identities;
      return [...route, delimiter, Buffer.from(sign(parts)), ...parts, ...message.buffers];
    },
  };
}

function parseHeader(part: Uint8Array, name: string): Record<string, unknown> {
  if (part.length > maxHeader) throw new FramesRejected(`${name} has ${part.length} bytes, at most ${maxHeader}`);
  const problem = problemOf(part, name);
  if (problem !== undefined) throw new FramesRejected(problem);
  return parseObject(part, name);
}

function idOf(header: Record<string, unknown> | undefined): string | undefined {
  const id = header?.msg_id;
  return typeof id === "string" ? id : undefined;
}

function problemOf(part: Uint8Array | undefined, name: string): string | undefined {
  if (part === undefined) return undefined;
  if (part.length > maxContent) return `${name} has ${part.length} bytes, at most ${maxContent}`;
  return depthOf(part) > maxDepth ? `${name} is nested deeper than ${maxDepth} levels` : undefined;
}

/** How deep the objects and lists of a JSON text are nested; brackets inside strings don't count. */
function depthOf(json: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return deepest;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parseObject(part: Uint8Array, name: string): Record<string, unknown> {
  let text: string;
  try {
    text = utf8.decode(part);
  } catch {
    throw new FramesRejected(`${name} is not UTF-8`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FramesRejected(`${name} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FramesRejected(`${name} is not an object`);
  }
  return value as Record<string, unknown>;
}

/** Keeps all fields, as the header goes back to the client as parent_header. */
function checkHeader(header: Record<string, unknown>): MessageHeader {
  for (const field of ["msg_id", "msg_type"]) {
    if (typeof header[field] !== "string" || header[field] === "") throw new FramesRejected(`header lacks ${field}`);
  }
  return { session: "", username: "", date: "", version: "", ...header } as unknown as MessageHeader;
}
