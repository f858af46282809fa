import { randomUUID } from "node:crypto";
import { type Cell, currentCell, isRunning } from "../cell/cell-context.js";
import { KeyboardInterrupt, untilAborted } from "../cell/keyboard-interrupt.js";
import { askForInput, type Outgoing, type RequestOf, type Question as Waiting } from "../channels/messages.js";

export interface Asker {
  /** `input` of cells and libraries. */
  ask(prompt?: string, options?: QuestionOptions): Promise<string>;
  /** `prompt` of cells: the same, but the whole kernel stands until the answer is there. */
  prompt(message?: string, initial?: string): string;
  /** An answer has arrived; one that nobody waits for (any more) is dropped. */
  answer(reply: RequestOf<"input_reply">): void;
}

interface QuestionOptions {
  readonly password?: boolean;
  /** Withdraws the question when it is aborted. */
  readonly signal?: AbortSignal;
}

interface Question {
  readonly id: string;
  readonly cell: Cell;
  readonly resolve: (value: string) => void;
  /** Lets the next question be asked although this one has no answer. */
  readonly leave: () => void;
}

/** Asks one question at a time, as front ends show one prompt at a time; further ones wait for their turn. */
export function createAsker(
  { send, askAndWait }: { send(message: Outgoing): void; askAndWait(question: Waiting): string | undefined },
  beforeAsking: () => void,
): Asker {
  let turn: Promise<unknown> = Promise.resolve();
  let open: Question | undefined;

  const askNow = async (
    question: Omit<Question, "resolve">,
    send: () => void,
    signal: AbortSignal,
  ): Promise<string> => {
    signal.throwIfAborted();
    const answered = new Promise<string>((resolve) => {
      open = { ...question, resolve };
    });
    beforeAsking();
    send();
    return untilAborted(signal, answered).finally(() => {
      if (open?.id === question.id) open = undefined;
    });
  };

  return {
    async ask(prompt = "", { password = false, signal } = {}) {
      const cell = askingCell("input()");
      const { parent: header, identities, abort } = cell;
      // A cell that has ended may have left a question; its front end may show it no more.
      if (open !== undefined && !isRunning(open.cell)) open.leave();
      const stop = signal === undefined ? abort.signal : AbortSignal.any([abort.signal, signal]);
      const id = randomUUID();
      const message = askForInput({ header, identities }, { id, prompt: String(prompt), password });
      let leave = (): void => {};
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      const asked = turn.then(() => askNow({ id, cell, leave }, () => send(message), stop));
      turn = Promise.race([asked.catch(() => {}), left]);
      return untilAborted(stop, asked);
    },
    prompt(message = "", initial = "") {
      const { parent: header, identities } = askingCell("prompt()");
      const id = randomUUID();
      const shown = initial === "" ? String(message) : `${String(message).trimEnd()} [${initial}] `;
      beforeAsking();
      const asked = askForInput({ header, identities }, { id, prompt: shown, password: false });
      const answer = askAndWait({ ...asked, id });
      if (answer === undefined) throw new KeyboardInterrupt();
      return answer === "" ? String(initial) : answer;
    },
    answer({ parentId, content }) {
      // Some clients send the answer without saying what it answers.
      if (open === undefined || (parentId !== undefined && parentId !== open.id)) return;
      open.resolve(content.value);
    },
  };
}

/** The cell whose code asks, if it can. */
function askingCell(what: string): Cell {
  const cell = currentCell();
  if (cell === undefined || !cell.interactive) throw cannotAsk(what);
  return cell;
}

function cannotAsk(what: string): Error {
  const error = new Error(
    `${what}: expected a front end that can ask, ` +
      "found one that said allow_stdin: false (nbconvert, papermill) or code outside of a cell",
  );
  error.name = "InputNotAllowed";
  return Object.assign(error, { hint: "give the value in the cell, or ask `cell.interactive` first" });
}
