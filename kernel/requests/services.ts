import type { Interrupts } from "../cell/interrupts.js";
import type { Connection } from "../channels/connection.js";
import type { Wire } from "../channels/wire.js";
import type { Comms } from "../comms/comms.js";
import type { Evaluator } from "../evaluate/evaluator.js";
import type { Session } from "../history/session.js";
import type { Output } from "../output/output.js";
import type { Asker } from "./input.js";

/** What requests need that are answered on the main thread. */
export interface Services {
  readonly wire: Wire;
  /** Loads in the background from the start; rejects if the evaluator cannot be loaded. */
  readonly evaluator: Promise<Evaluator>;
  readonly output: Output;
  readonly session: Session;
  readonly interrupts: Interrupts;
  readonly comms: Comms;
  readonly asker: Asker;
  readonly connection: Connection;
}
