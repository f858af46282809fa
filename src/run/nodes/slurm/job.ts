import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isLabError, LabError, MachineError } from "../../../core/error.js";
import { writeFileAtomic } from "../../../core/files.js";
import { runProgram } from "../../../core/process.js";
import { hasEnded, type JobState, parseAccounting, parseJob, parseQueue } from "./job-state.js";

/**
 * How often the queue is asked, in milliseconds: often in the beginning, so that nobody waits, and seldom later, for
 * the queue's sake.
 */
function paceMs(looks: number): number {
  return looks < 30 ? 1000 : 5000;
}

async function slurm(...argv: string[]): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  return runProgram({ argv, timeoutMs: 30_000 }).catch((error: unknown) => {
    if (!isLabError(error) || error.code !== "PROGRAM_NOT_STARTED") throw error;
    throw new MachineError("ENGINE_MISSING", `${argv[0]}: expected Slurm's commands on this machine, found none`, {
      hint: "launch on a login node of the cluster",
      cause: error,
    });
  });
}

/** Names of a compressed list of nodes (`n[0-3]`), in the order of SLURM_NODEID. */
export async function hostNames(nodeList: string): Promise<string[]> {
  const { stdout } = await slurm("scontrol", "show", "hostnames", nodeList);
  return stdout.split("\n").filter((name) => name !== "");
}

/** Throws ENGINE_MISSING unless jobs can be submitted here. */
export async function requireSlurm(): Promise<void> {
  await slurm("sbatch", "--version");
}

/**
 * One attempt of a run as a job of Slurm: submitted once, found again by its number in the run folder, and followed.
 */
export class SlurmJob {
  readonly #file: string;
  readonly #script: string;
  readonly #listeners = new Set<(state: JobState) => void>();
  #id: string | undefined;
  #latest: JobState | undefined;
  #isFollowed = false;
  #closed = false;

  /** `folder`: the run folder, on storage that the job's nodes share. */
  constructor(folder: string, attempt: number) {
    this.#file = join(folder, "slurm", `attempt-${attempt}`, "job.json");
    this.#script = join(dirname(this.#file), "job.slurm");
  }

  get id(): string | undefined {
    return this.#id;
  }

  get latest(): JobState | undefined {
    return this.#latest;
  }

  /** Writes that an attempt belongs to this number, which a job with nodes waits for. */
  async adopt(id: string): Promise<void> {
    this.#id = id;
    await writeFileAtomic(this.#file, `${JSON.stringify({ id })}\n`);
  }

  /** Folder of the batch script and the nodes' requests. */
  get place(): string {
    return dirname(this.#file);
  }

  /** Submits the script. Throws NODE_START_FAILED with what sbatch says. */
  async submit(script: () => Promise<string>): Promise<string> {
    await mkdir(this.place, { recursive: true });
    await writeFileAtomic(this.#script, await script());
    const { exitCode, stdout, stderr } = await slurm("sbatch", "--parsable", this.#script);
    if (exitCode !== 0)
      throw new LabError("NODE_START_FAILED", `sbatch refused the job: ${stderr.trim().split("\n").at(-1)}`, {
        hint: `sbatch ${this.#script}`,
        details: { stderr },
      });
    const id = (stdout.trim().split("\n").at(-1) ?? "").split(";")[0] as string;
    await this.adopt(id);
    return id;
  }

  /** True if the attempt was submitted, by whomever. */
  async find(): Promise<boolean> {
    const text = await readFile(this.#file, "utf8").catch(() => undefined);
    if (text !== undefined) this.#id ??= String(JSON.parse(text).id);
    return this.#id !== undefined;
  }

  /** Calls the listener after every look at the queue, until the job has ended. */
  watch(listener: (state: JobState) => void): () => void {
    this.#listeners.add(listener);
    if (this.#latest) listener(this.#latest);
    if (!this.#isFollowed) void this.#follow();
    this.#isFollowed = true;
    return () => this.#listeners.delete(listener);
  }

  /** Asks where the job stands: the queue, then the controller's memory, then the accounting where there is one. */
  async look(): Promise<JobState | undefined> {
    const id = this.#id;
    if (id === undefined) return undefined;
    const queued = parseQueue((await slurm("squeue", "-h", "-j", id, "-o", "%T|%r|%N")).stdout);
    if (queued && !hasEnded(queued)) return queued;
    const known = parseJob((await slurm("scontrol", "show", "job", "-o", id)).stdout);
    if (known) return known;
    const { stdout } = await slurm("sacct", "-n", "-P", "-X", "-j", id, "-o", "State,ExitCode");
    return parseAccounting(stdout) ?? queued;
  }

  async #follow(): Promise<void> {
    for (let looks = 0; !this.#closed; looks += 1) {
      const state = await this.look().catch(() => undefined);
      if (state) {
        this.#latest = state;
        for (const listener of this.#listeners) listener(state);
        if (hasEnded(state)) return;
      }
      await new Promise((resolve) => setTimeout(resolve, paceMs(looks)));
    }
  }

  /** `scancel`, and waits until nothing of the job runs any more, at most `timeoutMs`. True if so. */
  async cancel(timeoutMs = 60_000): Promise<boolean> {
    if (this.#id === undefined && !(await this.find())) return true;
    await slurm("scancel", this.#id as string);
    return this.waitFor((state) => state === undefined || hasEnded(state), timeoutMs);
  }

  /** Ends the step of an attempt; the job keeps its nodes. */
  async cancelStep(name: string): Promise<void> {
    const id = this.#id as string;
    const { stdout } = await slurm("squeue", "-h", "-s", "-j", id, "-o", "%i|%j");
    for (const line of stdout.trim().split("\n")) {
      const [step = "", called] = line.split("|");
      if (called === name) await slurm("scancel", step);
    }
  }

  /** True once `isTrue` holds for what Slurm says of the job; false after `timeoutMs`. */
  async waitFor(
    isTrue: (state: JobState | undefined) => boolean | Promise<boolean>,
    timeoutMs: number,
  ): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    while (!(await isTrue(await this.look()))) {
      if (performance.now() > until) return false;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
  }
}
