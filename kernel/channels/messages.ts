import type { IopubMessage, MessageHeader } from "../cell/publisher.js";

/** Channels that requests arrive on and replies leave by. */
export type RequestChannel = "shell" | "control" | "stdin";

/** The part that every request has. */
export interface Envelope {
  readonly channel: RequestChannel;
  /** Routing frames in front of the message; a reply carries them back. */
  readonly identities: readonly Uint8Array[];
  readonly header: MessageHeader;
  /** Id of the message that this one answers; only input_reply has one. */
  readonly parentId: string | undefined;
  /** Subshell that is to serve it; undefined: the main shell. */
  readonly subshellId: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** Content of each request type, checked and with the protocol's defaults filled in. Positions count code points. */
export interface RequestContents {
  execute_request: {
    readonly code: string;
    readonly silent: boolean;
    readonly storeHistory: boolean;
    readonly userExpressions: Readonly<Record<string, string>>;
    readonly allowStdin: boolean;
    readonly stopOnError: boolean;
  };
  complete_request: { readonly code: string; readonly cursor: number };
  inspect_request: { readonly code: string; readonly cursor: number; readonly detail: 0 | 1 };
  is_complete_request: { readonly code: string };
  history_request: {
    readonly output: boolean;
    readonly access: "range" | "tail" | "search";
    /** 0: this session; negative: earlier ones. */
    readonly session: number;
    readonly start: number;
    /** First line that is left out; undefined: up to the end. */
    readonly stop: number | undefined;
    /** At most so many lines, the last ones; undefined: all. */
    readonly limit: number | undefined;
    readonly pattern: string;
    readonly unique: boolean;
  };
  comm_info_request: { readonly targetName: string | undefined };
  comm_open: { readonly commId: string; readonly targetName: string; readonly data: CommData };
  comm_msg: { readonly commId: string; readonly data: CommData };
  comm_close: { readonly commId: string; readonly data: CommData };
  connect_request: Readonly<Record<string, never>>;
  kernel_info_request: Readonly<Record<string, never>>;
  interrupt_request: Readonly<Record<string, never>>;
  shutdown_request: { readonly restart: boolean };
  usage_request: Readonly<Record<string, never>>;
  create_subshell_request: Readonly<Record<string, never>>;
  delete_subshell_request: { readonly subshellId: string };
  list_subshell_request: Readonly<Record<string, never>>;
  input_reply: { readonly value: string };
  debug_request: DebugRequest;
}

export type CommData = Readonly<Record<string, unknown>>;

export type KnownType = keyof RequestContents;

/** A request of the Debug Adapter Protocol, as `debug_request` carries it. */
export interface DebugRequest {
  readonly seq: number;
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Everything that can arrive; `unknown` and `malformed` messages were signed properly but cannot be served. */
export type Request =
  | { [T in KnownType]: Envelope & { readonly type: T; readonly content: RequestContents[T] } }[KnownType]
  | (Envelope & { readonly type: "unknown" })
  | (Envelope & { readonly type: "malformed"; readonly reason: string });

export type RequestOf<T extends Request["type"]> = Extract<Request, { readonly type: T }>;

/** Content of a reply. `status` is `ok`, `error`, or `aborted`, except in is_complete_reply, where it is the answer. */
export type ReplyContent = Readonly<Record<string, unknown>> & { readonly status: string };

/**
 * A message on its way out. Content and metadata are JSON already, so that a value without a JSON form fails where it
 * was made and not later on another thread.
 */
export interface Outgoing {
  readonly channel: RequestChannel | "iopub";
  readonly identities: readonly Uint8Array[];
  /** Id of the message; undefined: a new one. */
  readonly id?: string;
  readonly type: string;
  readonly parent: MessageHeader | undefined;
  readonly content: string;
  readonly metadata: string;
  readonly buffers: readonly Uint8Array[];
}

/** The reply to a request: same channel, same route, `x_request` → `x_reply`. */
export function replyTo(request: Envelope, content: ReplyContent): Outgoing {
  return {
    channel: request.channel,
    identities: request.identities,
    type: request.header.msg_type.replace(/_request$/, "_reply"),
    parent: request.header,
    content: JSON.stringify(content),
    metadata: "{}",
    buffers: [],
  };
}

export function broadcast(message: IopubMessage): Outgoing {
  return {
    channel: "iopub",
    identities: [],
    type: message.type,
    parent: message.parent,
    content: JSON.stringify(message.content),
    metadata: JSON.stringify(message.metadata ?? {}),
    buffers: message.buffers ?? [],
  };
}

/** A question to the user; its answer names the id. */
export interface Question extends Outgoing {
  readonly id: string;
}

/** Asks the client that sent `request` for a line of text; it answers on stdin with `id` as parent. */
export function askForInput(request: Pick<Envelope, "identities" | "header">, ask: InputQuestion): Outgoing {
  return {
    channel: "stdin",
    identities: request.identities,
    id: ask.id,
    type: "input_request",
    parent: request.header,
    content: JSON.stringify({ prompt: ask.prompt, password: ask.password }),
    metadata: "{}",
    buffers: [],
  };
}

export interface InputQuestion {
  readonly id: string;
  readonly prompt: string;
  readonly password: boolean;
}

/** Messages on iopub that only the kernel itself sends. */
export function announce(
  type: "status" | "iopub_welcome" | "shutdown_reply" | "debug_event",
  about: Announcement,
): Outgoing {
  return {
    channel: "iopub",
    identities: [],
    type,
    parent: about.parent,
    content: JSON.stringify(about.content),
    metadata: "{}",
    buffers: [],
  };
}

export interface Announcement {
  readonly parent?: MessageHeader | undefined;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Content of an error reply; the protocol wants all three fields. */
export function errorReply(ename: string, evalue: string, traceback: readonly string[] = []): ReplyContent {
  return { status: "error", ename, evalue, traceback };
}
