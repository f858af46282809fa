import { setTimeout as delay } from "node:timers/promises";
import { beginCell, type Cell, endCell, runInCell } from "../cell/cell-context.js";
import { untilAborted } from "../cell/keyboard-interrupt.js";
import { errorReply, type ReplyContent, type RequestOf } from "../channels/messages.js";
import type { Evaluator, Outcome } from "../evaluate/evaluator.js";
import type { Failure } from "../report/failure.js";
import type { Services } from "./services.js";

/** How long the output of an interrupted cell is waited for, in ms; longer than streams wait. */
const patience = 100;

type ExecuteRequest = RequestOf<"execute_request">;

/** Runs one cell. All of its output so far has been handed to the publisher when this resolves; never rejects. */
export async function execute(request: ExecuteRequest, services: Services): Promise<ReplyContent> {
  const cell = openCell(request, services);
  beginCell(cell);
  services.interrupts.begin(cell);
  try {
    const outcome = await runCode(request, cell, services);
    if (outcome.status === "error") return await fail(outcome.failure, cell, services);
    const userExpressions = await evaluateExpressions(request, cell, services);
    return { status: "ok", execution_count: cell.executionCount, payload: [], user_expressions: userExpressions };
  } catch (error) {
    return await fail(failureOf(error), cell, services);
  } finally {
    await settle(cell, services);
    endCell(cell);
    await services.interrupts.end(cell);
  }
}

function openCell(request: ExecuteRequest, { session, wire }: Services): Cell {
  const { code, silent, storeHistory, allowStdin } = request.content;
  const isStored = storeHistory && code.trim() !== "";
  const executionCount = isStored ? session.store(code, request.header.msg_id) : session.executionCount;
  if (!silent) {
    wire.publish({
      type: "execute_input",
      parent: request.header,
      content: { code, execution_count: executionCount },
    });
  }
  const { header: parent, identities } = request;
  return { parent, identities, silent, interactive: allowStdin, executionCount, abort: new AbortController() };
}

/**
 * Evaluates the code and publishes its result; the cell's signal also ends waiting for a result that never says how it
 * looks.
 */
async function runCode({ content }: ExecuteRequest, cell: Cell, services: Services): Promise<Outcome> {
  if (content.code.trim() === "") return { status: "ok" };
  const { signal } = cell.abort;
  const evaluator = await untilAborted(signal, services.evaluator);
  const outcome = await runInCell(cell, () => evaluator.execute(content.code));
  const result = outcome.status === "ok" ? outcome.result : undefined;
  if (result !== undefined && !cell.silent) {
    await untilAborted(
      signal,
      runInCell(cell, () => services.output.publishResult(cell, result.value)),
    );
  }
  return outcome;
}

/**
 * Waits until all output of the cell is with the publisher; after an interrupt not for long, as some of it may never
 * come.
 */
async function settle(cell: Cell, { output }: Services): Promise<void> {
  const flushed = output.flush();
  await untilAborted(cell.abort.signal, flushed).catch(async () => {
    await Promise.race([flushed, delay(patience)]);
    output.flushStreams();
  });
  output.finish(cell);
}

async function fail(failure: Failure, cell: Cell, services: Services): Promise<ReplyContent> {
  // What the cell printed before it failed stands above the error.
  await settle(cell, services);
  services.output.publishError(cell, failure);
  const { ename, evalue, traceback } = failure;
  return { ...errorReply(ename, evalue, traceback), execution_count: cell.executionCount };
}

async function evaluateExpressions(
  { content }: ExecuteRequest,
  cell: Cell,
  services: Services,
): Promise<Record<string, ReplyContent>> {
  const expressions = Object.entries(content.userExpressions);
  if (expressions.length === 0) return {};
  const evaluator = await services.evaluator;
  const values: Record<string, ReplyContent> = {};
  for (const [name, expression] of expressions) {
    values[name] = await runInCell({ ...cell, silent: true }, () =>
      evaluateExpression(expression, evaluator, services),
    );
  }
  return values;
}

async function evaluateExpression(code: string, evaluator: Evaluator, { output }: Services): Promise<ReplyContent> {
  try {
    const outcome = await evaluator.execute(code);
    if (outcome.status === "error") {
      const { ename, evalue, traceback } = outcome.failure;
      return errorReply(ename, evalue, traceback);
    }
    const data = outcome.result ? await output.mimeBundle(outcome.result.value) : { "text/plain": "undefined" };
    return { status: "ok", data, metadata: {} };
  } catch (error) {
    const { ename, evalue, traceback } = failureOf(error);
    return errorReply(ename, evalue, traceback);
  }
}

/**
 * For what fails outside of the cell's own code: the evaluator, a value's way of showing itself, an interrupt in
 * between.
 */
function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { ename: "Error", evalue: String(error), traceback: [String(error)] };
  return { ename: error.name, evalue: error.message, traceback: [`${error.name}: ${error.message}`] };
}
