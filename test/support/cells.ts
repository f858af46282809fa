import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { IopubMessage } from "../../kernel/cell/publisher.js";
import type { Completeness, Completion, Inspection } from "../../kernel/evaluate/evaluator.js";
import type { Failure } from "../../kernel/report/failure.js";

export interface CellRun {
  readonly id: string;
  readonly status: "ok" | "error";
  readonly failure: Failure | undefined;
  /** What it has published up to now, also after its end. */
  messages(): readonly IopubMessage[];
  /** Bundle of its execute_result. */
  readonly result: Record<string, unknown> | undefined;
  /** text/plain of its execute_result. */
  readonly text: string | undefined;
  stream(name: "stdout" | "stderr"): string;
}

/**
 * The real evaluator and output in a child process, working in a temporary folder. The compiled kernel must be there
 * (`npx tsc -b src kernel`).
 */
export interface Cells {
  readonly folder: string;
  readonly pid: number;
  write(path: string, text: string): void;
  /** With `interrupt` an interrupt is sent as soon as the cell calls `(globalThis as any).interruptNow()`. */
  run(code: string, options?: { silent?: boolean; interrupt?: boolean; interruptBefore?: boolean }): Promise<CellRun>;
  complete(code: string, cursor?: number): Promise<Completion>;
  inspect(code: string, cursor?: number, detail?: 0 | 1): Promise<Inspection | undefined>;
  isComplete(code: string): Promise<Completeness>;
  /** Resolves when `test` holds, which is asked again at every message, with all since the call. */
  until(test: (messages: readonly IopubMessage[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openCells(
  options: { packages?: (folder: string) => readonly string[]; environment?: Record<string, string> } = {},
): Promise<Cells> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "cells-")));
  const working = join(folder, "work");
  mkdirSync(working);
  const program = join(import.meta.dirname, "cells-process.mjs");
  const packages = options.packages?.(folder) ?? [];
  const child = fork(program, [JSON.stringify(packages)], {
    cwd: working,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, ...options.environment },
  });
  const messages: IopubMessage[] = [];
  const waiting = new Map<string, (reply: never) => void>();
  const listeners = new Set<() => void>();
  await new Promise<void>((resolve, reject) => {
    let trouble = "";
    child.stderr?.on("data", (data) => {
      trouble += data;
    });
    child.on("exit", (code) => reject(new Error(`the process with the cells ended with ${code}\n${trouble}`)));
    child.on("message", (received: { ready?: true; message?: IopubMessage; id?: string; reply?: never }) => {
      if (received.ready) resolve();
      if (received.message !== undefined) messages.push(received.message);
      if (received.id !== undefined) waiting.get(received.id)?.(received.reply as never);
      for (const listener of listeners) listener();
    });
  });
  let count = 0;
  const ask = <T>(request: Record<string, unknown>, id = `request-${++count}`): Promise<T> =>
    new Promise((resolve, reject) => {
      if (!child.connected) reject(new Error("the process with the cells has ended"));
      waiting.set(id, resolve);
      child.send({ id, ...request });
    });
  return {
    folder: working,
    pid: child.pid ?? 0,
    write(path, text) {
      const file = join(working, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    async run(code, given = {}) {
      const id = `cell-${++count}`;
      const { status, failure } = await ask<CellRun>({ kind: "execute", code, ...given }, id);
      const own = () => messages.filter((message) => message.parent?.msg_id === id);
      const result = own().find(({ type }) => type === "execute_result")?.content.data as Record<string, unknown>;
      const stream = (name: string) =>
        own()
          .filter(({ type, content }) => type === "stream" && content.name === name)
          .map(({ content }) => content.text)
          .join("");
      return { id, status, failure, messages: own, result, text: result?.["text/plain"] as string, stream };
    },
    complete: (code, cursor = code.length) => ask({ kind: "complete", code, cursor }),
    inspect: (code, cursor = code.length, detail = 0) => ask({ kind: "inspect", code, cursor, detail }),
    isComplete: (code) => ask({ kind: "isComplete", code }),
    until: (test) =>
      new Promise((resolve) => {
        const from = messages.length;
        const listener = () => {
          if (!test(messages.slice(from))) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
        listener();
      }),
    close: () => ended(child, folder),
  };
}

/** Runs a cell that must succeed and gives the text of its result. */
export async function shownText(cells: Cells, code: string): Promise<string | undefined> {
  const run = await cells.run(code);
  expect(run.failure?.traceback.join("\n")).toBeUndefined();
  return run.text;
}

async function ended(child: ChildProcess, folder: string): Promise<void> {
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.removeAllListeners("exit");
  child.once("exit", () => {});
  if (child.connected) child.disconnect();
  child.kill("SIGKILL");
  await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 500))]);
  rmSync(folder, { recursive: true, force: true });
}
