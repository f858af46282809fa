import type { Cell } from "../../cell/cell-context.js";
import type { IopubMessage, Publisher } from "../../cell/publisher.js";
import { now as clockNow } from "../../core/clock.js";
import { createBudget, outputLimits } from "./budget.js";

/** Displays on their way to the publisher, as many as a front end can take. */
export interface DisplayFlow {
  send(cell: Cell | undefined, message: IopubMessage): void;
  /** Sends what waits of a cell and returns a line about what was left out, or "". */
  finish(cell: Cell): string;
}

/** How often updates that wait are tried again, in ms. */
const retryEvery = 200;

interface Flow {
  readonly take: (message: IopubMessage) => boolean;
  /** The newest update of each display that waits. */
  readonly waiting: Map<string, IopubMessage>;
  dropped: number;
}

/**
 * Updates that are too fast wait, and a newer one of the same display takes their place; other displays that are too
 * many are left out.
 */
export function createDisplayFlow(publisher: Publisher, now = clockNow): DisplayFlow {
  const flows = new WeakMap<Cell, Flow>();
  const flowOf = (cell: Cell): Flow => {
    const flow = flows.get(cell) ?? createFlow(now);
    flows.set(cell, flow);
    return flow;
  };
  const retry = (flow: Flow): void => {
    for (const [id, message] of flow.waiting) {
      if (!flow.take(message)) break;
      flow.waiting.delete(id);
      publisher.publish(message);
    }
    if (flow.waiting.size > 0) setTimeout(retry, retryEvery, flow).unref();
  };
  return {
    send(cell, message) {
      if (cell === undefined) {
        publisher.publish(message);
        return;
      }
      const flow = flowOf(cell);
      const id = displayIdOf(message);
      const isBehind = id !== undefined && flow.waiting.has(id);
      if (!isBehind && flow.take(message)) publisher.publish(message);
      else if (id === undefined || message.type !== "update_display_data") flow.dropped += 1;
      else {
        if (flow.waiting.size === 0) setTimeout(retry, retryEvery, flow).unref();
        flow.waiting.set(id, message);
      }
    },
    finish(cell) {
      const flow = flows.get(cell);
      if (flow === undefined) return "";
      for (const message of flow.waiting.values()) publisher.publish(message);
      flow.waiting.clear();
      const { dropped } = flow;
      flow.dropped = 0;
      if (dropped === 0) return "";
      const { burst, perSecond } = outputLimits.displays;
      return (
        `[${dropped.toLocaleString("en-US")} displays skipped: ` +
        `at most ${burst} at once and ${perSecond} a second; show fewer, or update one (displayId)]\n`
      );
    },
  };
}

function createFlow(now: () => number): Flow {
  const count = createBudget(outputLimits.displays, now);
  const size = createBudget(outputLimits.displaySize, now);
  return { take: (message) => count.take(1) && size.take(sizeOf(message)), waiting: new Map(), dropped: 0 };
}

function sizeOf({ content }: IopubMessage): number {
  const values = Object.values((content.data ?? {}) as Record<string, unknown>);
  return values.reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : (JSON.stringify(value)?.length ?? 0)),
    0,
  );
}

function displayIdOf({ content }: IopubMessage): string | undefined {
  const { display_id: id } = (content.transient ?? {}) as { display_id?: unknown };
  return typeof id === "string" ? id : undefined;
}
