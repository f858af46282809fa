import type { DecodedMessage } from "./codec.js";
import type { Envelope, KnownType, Request, RequestChannel, RequestContents } from "./messages.js";

/** Decoded frames → request. Never throws: what cannot be served comes back as `unknown` or `malformed`. */
export function readRequest(channel: RequestChannel, message: DecodedMessage): Request {
  const { identities, header, parentId, metadata, buffers } = message;
  const { subshell_id: subshell } = header as { readonly subshell_id?: unknown };
  const subshellId = typeof subshell === "string" && subshell !== "" ? subshell : undefined;
  const envelope: Envelope = { channel, identities, header, parentId, subshellId, metadata, buffers };
  const type = header.msg_type;
  if (message.problem !== undefined) return { ...envelope, type: "malformed", reason: `${type}: ${message.problem}` };
  if (!Object.hasOwn(readers, type)) return { ...envelope, type: "unknown" };
  try {
    const content = readers[type as KnownType](new Fields(message.content));
    return { ...envelope, type, content } as Request;
  } catch (error) {
    return { ...envelope, type: "malformed", reason: `${type}: ${error instanceof Error ? error.message : error}` };
  }
}

const readers: { readonly [T in KnownType]: (fields: Fields) => RequestContents[T] } = {
  execute_request: (fields) => {
    const silent = fields.flag("silent", false);
    return {
      code: fields.text("code"),
      silent,
      storeHistory: !silent && fields.flag("store_history", true),
      userExpressions: fields.texts("user_expressions"),
      allowStdin: fields.flag("allow_stdin", true),
      stopOnError: fields.flag("stop_on_error", true),
    };
  },
  complete_request: (fields) => ({
    code: fields.text("code"),
    cursor: fields.whole("cursor_pos") ?? Number.POSITIVE_INFINITY,
  }),
  inspect_request: (fields) => ({
    code: fields.text("code"),
    cursor: fields.whole("cursor_pos") ?? Number.POSITIVE_INFINITY,
    detail: fields.whole("detail_level") === 1 ? 1 : 0,
  }),
  is_complete_request: (fields) => ({ code: fields.text("code") }),
  history_request: (fields) => ({
    output: fields.flag("output", false),
    access: fields.oneOf("hist_access_type", ["range", "tail", "search"], "tail"),
    session: fields.whole("session") ?? 0,
    start: fields.whole("start") ?? 0,
    stop: fields.whole("stop"),
    limit: fields.whole("n"),
    pattern: fields.text("pattern", "*"),
    unique: fields.flag("unique", false),
  }),
  comm_info_request: (fields) => ({ targetName: fields.text("target_name", "") || undefined }),
  comm_open: (fields) => ({
    commId: fields.text("comm_id"),
    targetName: fields.text("target_name", ""),
    data: fields.object("data"),
  }),
  comm_msg: (fields) => ({ commId: fields.text("comm_id"), data: fields.object("data") }),
  comm_close: (fields) => ({ commId: fields.text("comm_id"), data: fields.object("data") }),
  connect_request: () => ({}),
  kernel_info_request: () => ({}),
  interrupt_request: () => ({}),
  shutdown_request: (fields) => ({ restart: fields.flag("restart", false) }),
  usage_request: () => ({}),
  create_subshell_request: () => ({}),
  delete_subshell_request: (fields) => ({ subshellId: fields.text("subshell_id") }),
  list_subshell_request: () => ({}),
  input_reply: (fields) => ({ value: fields.text("value", "") }),
  debug_request: (fields) => ({
    seq: fields.whole("seq") ?? 0,
    command: fields.text("command"),
    arguments: fields.object("arguments"),
  }),
};

/** Every message type that is served. */
export const knownTypes = Object.keys(readers) as readonly KnownType[];

/** What a field must be. */
interface Demand {
  readonly accepts: (value: unknown) => boolean;
  readonly expected: string;
}

/** Reads fields of a content object; null counts as absent, as some clients send it. */
class Fields {
  constructor(private readonly content: Readonly<Record<string, unknown>>) {}

  text(name: string, absent?: string): string {
    return this.read(name, absent, { accepts: (value) => typeof value === "string", expected: "a string" }) as string;
  }

  flag(name: string, absent: boolean): boolean {
    return this.read(name, absent, {
      accepts: (value) => typeof value === "boolean",
      expected: "true or false",
    }) as boolean;
  }

  whole(name: string): number | undefined {
    if ((this.content[name] ?? undefined) === undefined) return undefined;
    return this.read(name, undefined, { accepts: Number.isSafeInteger, expected: "a whole number" }) as number;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], absent: T): T {
    const isAllowed = (value: unknown) => (allowed as readonly unknown[]).includes(value);
    return this.read(name, absent, { accepts: isAllowed, expected: allowed.join(", ") }) as T;
  }

  object(name: string): Record<string, unknown> {
    return this.read(name, {}, { accepts: isObject, expected: "an object" }) as Record<string, unknown>;
  }

  texts(name: string): Record<string, string> {
    const areTexts = (value: unknown) =>
      isObject(value) && Object.values(value).every((item) => typeof item === "string");
    return this.read(name, {}, { accepts: areTexts, expected: "an object of strings" }) as Record<string, string>;
  }

  private read(name: string, absent: unknown, { accepts, expected }: Demand): unknown {
    const value = this.content[name] ?? absent;
    if (accepts(value)) return value;
    throw new Error(`${name}: expected ${expected}, found ${JSON.stringify(value)?.slice(0, 200) ?? "nothing"}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
