import { stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../../core/clock.js";
import { runProgram, sendSignal } from "../../../core/process.js";
import type { NodeProcess } from "../node.js";
import { readLines } from "./follow-files.js";

/** The engine layer makes the Python interpreter write all its stacks into a file when it gets this signal. */
const stackSignal = "SIGUSR2";
const mostMs = 5000;

/** The engine layer creates the file when it has registered the signal; without it the signal would end the process. */
export function stackFile(folder: string, rank: number): string {
  return join(folder, "control", "stacks", `rank-${rank}.txt`);
}

/**
 * Python stacks of a worker's threads, or the reason that there are none. A stopped process (state T) can only be read
 * from outside.
 */
export async function readStack(worker: NodeProcess, folder: string): Promise<string> {
  const path = stackFile(folder, worker.rank ?? 0);
  const before = (await stat(path).catch(() => undefined))?.size;
  const head = `rank ${worker.rank}, process ${worker.pid}, state ${worker.state}`;
  if (before !== undefined && worker.state !== "T" && sendSignal(worker.pid, stackSignal)) {
    const text = await grownText(path, before);
    if (text !== "") return `${head}\n${text}`;
  }
  const outside = await runProgram({
    argv: ["py-spy", "dump", "--nonblocking", "--pid", String(worker.pid)],
    timeoutMs: mostMs,
  })
    .then(({ exitCode, stdout, stderr }) => (exitCode === 0 ? stdout : `py-spy: ${stderr.split("\n")[0]}`))
    .catch(() => "py-spy is not installed: pip install py-spy");
  const why = worker.state === "T" ? "the process is stopped and answers no signal" : "the engine layer wrote no stack";
  return outside.startsWith("Process ") ? `${head}\n${outside}` : `${head}\nno Python stack: ${why}; ${outside}`;
}

/** What was appended to the file, once nothing more comes. */
async function grownText(path: string, before: number): Promise<string> {
  const began = systemClock.elapsed();
  let text = "";
  while (systemClock.elapsed() < began + mostMs) {
    await systemClock.wait(100);
    const found = readLines(path, path, before)?.portion.lines.join("\n") ?? "";
    if (found !== "" && found === text) return text;
    text = found;
  }
  return text;
}
