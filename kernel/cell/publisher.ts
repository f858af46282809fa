/** Header of a Jupyter message, as it came over the wire. */
export interface MessageHeader {
  readonly msg_id: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
}

/** The way from `output/` and `evaluate/` to the iopub channel; `channels/outbox` implements it. */
export interface Publisher {
  /** Queues one iopub message; order is kept and nothing is dropped. `parent` decides under which cell it appears. */
  publish(message: IopubMessage): void;
}

export interface IopubMessage {
  readonly type:
    | "stream"
    | "display_data"
    | "update_display_data"
    | "execute_result"
    | "error"
    | "clear_output"
    | "execute_input"
    | "comm_open"
    | "comm_msg"
    | "comm_close";
  readonly content: Record<string, unknown>;
  readonly parent: MessageHeader | undefined;
  readonly metadata?: Record<string, unknown>;
  readonly buffers?: readonly Uint8Array[];
}
