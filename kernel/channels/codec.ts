import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { MessageHeader } from "../output/publisher.js";
import type { Outgoing } from "./messages.js";

export const protocolVersion = "5.5";

export interface DecodedMessage {
  readonly identities: readonly Uint8Array[];
  readonly header: MessageHeader;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

export interface Codec {
  /** Frames of a multipart message → message; throws `FramesRejected` for whatever is not a properly signed, new message. */
  decode(frames: readonly Uint8Array[]): DecodedMessage;
  encode(message: Outgoing): Uint8Array[];
}

/** Frames that are no message for us; the text says why, without repeating what the sender wrote. */
export class FramesRejected extends Error {
  override readonly name = "FramesRejected";
}

export interface CodecOptions {
  /** Empty: nothing is signed and nothing is checked. */
  readonly key: string;
  readonly hash: string;
  /** Id of this kernel's session, in every header that it writes. */
  readonly session: string;
}

/** Signatures that are remembered, to refuse a message that is sent a second time. */
const rememberedSignatures = 65_536;
const delimiter = Buffer.from("<IDS|MSG>");
const partNames = ["header", "parent_header", "metadata", "content"] as const;

/**
 * Wire format of Jupyter messages: identities · delimiter · signature · header · parent_header · metadata · content · buffers…
 * The signature is the hex HMAC of the four JSON parts.
 * Source: "Messaging in Jupyter", section "The wire protocol".
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
      const [header, , metadata, content] = parts.map((part, index) => parseObject(part, partNames[index] ?? "part"));
      return {
        identities: frames.slice(0, start),
        header: checkHeader(header ?? {}),
        metadata: metadata ?? {},
        content: content ?? {},
        buffers: frames.slice(start + 6),
      };
    },

    encode(message) {
      const header: MessageHeader = {
        msg_id: randomUUID(),
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
      ].map((text) => Buffer.from(text));
      const route =
        message.channel === "iopub" ? [Buffer.from(`kernel.${session}.${message.type}`)] : message.identities;
      return [...route, delimiter, Buffer.from(sign(parts)), ...parts, ...message.buffers];
    },
  };
}

function parseObject(part: Uint8Array, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("utf8"));
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
