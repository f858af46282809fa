import type { Outgoing, ReplyContent } from "../channels/messages.js";
import type { Subshells } from "../channels/subshells.js";
import type { Usage } from "../usage.js";

/** What requests need that are answered on the protocol thread. */
export interface ThreadServices {
  readonly kernelInfo: ReplyContent;
  readonly subshells: Subshells;
  usage(): Usage;
  /** Makes the running cell fail with KeyboardInterrupt; nothing happens if none runs. */
  interrupt(): void;
  /** Sends on iopub. */
  broadcast(message: Outgoing): void;
  /** Ends the kernel once everything sent so far has left. */
  leave(): void | Promise<void>;
}
