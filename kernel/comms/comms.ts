import { randomUUID } from "node:crypto";
import type { CommMessage as Content, JupyterComm, JupyterComms } from "../../src/view/display-contract.js";
import { type Cell, outputCell, runInCell } from "../cell/cell-context.js";
import type { IopubMessage, MessageHeader, Publisher } from "../cell/publisher.js";

/** A message of the front end's with where it came from: what its listeners print belongs to it. */
export interface CommMessage extends Content {
  readonly from: { readonly header: MessageHeader; readonly identities: readonly Uint8Array[] };
}

export interface Comms {
  /** What libraries get as `host.comms`. */
  readonly api: JupyterComms;
  list(): readonly { readonly id: string; readonly targetName: string }[];
  /** The front end opened a comm; false if nobody has registered its target. */
  accept(id: string, targetName: string, message: CommMessage): boolean;
  /** For a comm that is not open these do nothing: it may have been closed on both sides at the same time. */
  receive(id: string, message: CommMessage): void;
  closed(id: string, message: CommMessage): void;
}

type Listener = (message: Content) => unknown;
type OnOpen = Parameters<JupyterComms["register"]>[1];

/** `onError` is told, in the context of the message, what a listener threw. */
export function createComms(publisher: Publisher, onError: (error: unknown) => void): Comms {
  const open = new Map<string, Comm>();
  const targets = new Map<string, OnOpen>();
  const notify = (listeners: Iterable<Listener>, message: CommMessage): void => {
    for (const listener of [...listeners])
      runInCell(contextOf(message), () => {
        try {
          Promise.resolve(listener(message)).catch(onError);
        } catch (error) {
          onError(error);
        }
      });
  };
  const publish = (type: CommType, id: string, given: Given): void =>
    publisher.publish({
      type,
      parent: outputCell()?.parent,
      content: { comm_id: id, ...given.extra, data: given.data ?? {} },
      metadata: { ...given.metadata },
      buffers: given.buffers ?? [],
    });
  const create = (id: string, targetName: string): Comm => {
    const comm = new Comm(id, targetName, (type, given) => {
      if (type === "comm_close") open.delete(id);
      publish(type, id, given);
    });
    open.set(id, comm);
    return comm;
  };

  return {
    api: {
      open(targetName, message = {}) {
        const id = randomUUID();
        publish("comm_open", id, { ...message, extra: { target_name: targetName } });
        return create(id, targetName);
      },
      register(targetName, onOpen) {
        targets.set(targetName, onOpen);
        return () => {
          if (targets.get(targetName) === onOpen) targets.delete(targetName);
        };
      },
    },
    list: () => [...open.values()],
    accept(id, targetName, message) {
      const onOpen = targets.get(targetName);
      if (onOpen === undefined || open.has(id)) return false;
      const comm = create(id, targetName);
      notify([(content) => onOpen(comm, content)], message);
      return true;
    },
    receive(id, message) {
      const comm = open.get(id);
      if (comm !== undefined) notify(comm.messageListeners, message);
    },
    closed(id, message) {
      const comm = open.get(id);
      if (comm === undefined) return;
      open.delete(id);
      comm.isOpen = false;
      notify(comm.closeListeners, message);
    },
  };
}

type CommType = Extract<IopubMessage["type"], `comm_${string}`>;

interface Given extends Partial<Content> {
  readonly extra?: Readonly<Record<string, unknown>>;
}

class Comm implements JupyterComm {
  isOpen = true;
  readonly messageListeners = new Set<Listener>();
  readonly closeListeners = new Set<Listener>();
  readonly #publish: (type: CommType, given: Given) => void;

  constructor(
    readonly id: string,
    readonly targetName: string,
    publish: (type: CommType, given: Given) => void,
  ) {
    this.#publish = publish;
  }

  send(data: Record<string, unknown>, extra: Partial<Omit<Content, "data">> = {}): void {
    if (!this.isOpen)
      throw new Error(`comm to ${this.targetName}: expected an open comm, found a closed one; open it again`);
    this.#publish("comm_msg", { ...extra, data });
  }

  close(data: Record<string, unknown> = {}): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#publish("comm_close", { data });
  }

  onMessage(listener: Listener): () => void {
    return added(this.messageListeners, listener);
  }

  onClose(listener: Listener): () => void {
    return added(this.closeListeners, listener);
  }
}

function added(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** As a cell of its own: its output goes out as an answer to the message, which is where widgets look for it. */
function contextOf({ from }: CommMessage): Cell {
  return {
    parent: from.header,
    identities: from.identities,
    silent: false,
    interactive: false,
    executionCount: 0,
    abort: new AbortController(),
  };
}
