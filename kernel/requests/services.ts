import type { Wire } from "../channels/thread-link.js";
import type { Comms } from "../comms/comms.js";
import type { Connection } from "../connection.js";
import type { Evaluator } from "../evaluate/evaluator.js";
import type { Asker } from "../input.js";
import type { Interrupts } from "../interrupts.js";
import type { Output } from "../output/output.js";
import type { Session } from "../session.js";

/** What requests need that are answered on the main thread. */
export interface Services {
  readonly wire: Wire;
  /** Loads in the background from the start; rejects if the engine cannot be loaded. */
  readonly evaluator: Promise<Evaluator>;
  readonly output: Output;
  readonly session: Session;
  readonly interrupts: Interrupts;
  readonly comms: Comms;
  readonly asker: Asker;
  readonly connection: Connection;
}
