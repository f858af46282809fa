import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "../../core/files.js";
import { requireFolder, runPaths } from "../record/layout.js";

/** Contents of control/stop.json. */
export interface StopRequest {
  /** Milliseconds since the epoch; tells requests apart. */
  readonly requestedAt: number;
  /** Ask the engine to save a checkpoint and exit before it is interrupted. */
  readonly graceful: boolean;
  /** How long the engine may take for that. */
  readonly timeoutMs: number;
}

/** How far stopping has come; monotonic times of the actions. */
export interface StopProgress {
  readonly askedAt?: number;
  readonly interruptedAt?: number;
  readonly killedAt?: number;
}

/** msrun kills its workers within a second after SIGINT; then comes SIGKILL for everything. */
const interruptGraceMs = 5000;

/**
 * What to do now to stop the engine. Never SIGTERM: msrun dies of it and leaves scheduler and workers training as
 * orphans. After SIGINT it kills all of them itself; SIGKILL for the whole tree is the last resort. `requestedAt`:
 * when the request was seen.
 */
export function nextStopAction(
  request: StopRequest,
  progress: StopProgress,
  { now, requestedAt }: { readonly now: number; readonly requestedAt: number },
): "ask" | "interrupt" | "kill" | undefined {
  if (progress.killedAt !== undefined) return undefined;
  if (progress.interruptedAt !== undefined)
    return now >= progress.interruptedAt + interruptGraceMs ? "kill" : undefined;
  if (!request.graceful || now >= requestedAt + request.timeoutMs) return "interrupt";
  return progress.askedAt === undefined ? "ask" : undefined;
}

/** The pending request, or undefined. */
export async function readStopRequest(folder: string): Promise<StopRequest | undefined> {
  const path = runPaths(folder).stopRequest;
  // Asked several times a second, and there is hardly ever one.
  if (!existsSync(path)) return undefined;
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<StopRequest>;
    return typeof value.requestedAt === "number" ? (value as StopRequest) : undefined;
  } catch {
    return undefined;
  }
}

/** Never creates a run folder. @throws LabError RUN_MISSING if there is none */
export async function writeStopRequest(folder: string, request: StopRequest): Promise<void> {
  requireFolder(folder);
  await writeFileAtomic(runPaths(folder).stopRequest, `${JSON.stringify(request)}\n`);
}

/** Text of the file that the engine looks at between two steps: true makes it save a checkpoint and exit. */
export function stopFile(exit: boolean): string {
  return `${JSON.stringify({ GracefulExit: exit ? 1 : 0 })}\n`;
}
