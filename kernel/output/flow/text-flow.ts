import type { Cell } from "../../cell/cell-context.js";
import type { Publisher } from "../../cell/publisher.js";
import { type Budget, createBudget, outputLimits } from "./budget.js";
import { createOverflowFile, type OverflowFile } from "./overflow-file.js";

export type StreamName = "stdout" | "stderr";

/** What is known of a cell where its text is published. */
export type CellOfText = Pick<Cell, "parent" | "executionCount">;

/** Text on its way to the publisher, as much as a front end can take; the rest of a flood goes to a file. */
export interface TextFlow {
  send(cell: CellOfText | undefined, name: StreamName, text: string): void;
  /** Names the file with the text of an ended cell that was not shown, if there is any. */
  finish(cell: CellOfText): void;
}

const { burst, perSecond } = outputLimits.text;
const tooFast =
  `[more output than a front end can take: ${burst / 1024 ** 2} MB at once, ` +
  `then ${perSecond / 1024} KB a second; the rest goes to a file]\n`;

export function createTextFlow(publisher: Publisher, now: () => number): TextFlow {
  const flows = new WeakMap<CellOfText, { readonly budget: Budget; overflow?: OverflowFile }>();
  const publish = (cell: CellOfText | undefined, name: StreamName, text: string): void =>
    publisher.publish({ type: "stream", parent: cell?.parent, content: { name, text } });
  const finish = (cell: CellOfText): void => {
    const notice = flows.get(cell)?.overflow?.notice() ?? "";
    if (notice !== "") publish(cell, "stderr", notice);
  };
  return {
    finish,
    send(cell, name, text) {
      if (cell === undefined) {
        publish(cell, name, text);
        return;
      }
      const flow = flows.get(cell) ?? { budget: createBudget(outputLimits.text, now) };
      flows.set(cell, flow);
      if (flow.budget.take(text.length)) {
        finish(cell);
        publish(cell, name, text);
        return;
      }
      if (flow.overflow === undefined) publish(cell, "stderr", tooFast);
      flow.overflow ??= createOverflowFile(`cell-${cell.executionCount}`);
      flow.overflow.add(text);
    },
  };
}
