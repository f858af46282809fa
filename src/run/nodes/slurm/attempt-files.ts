import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How an attempt ended within its job: an exit code, or that Slurm put the job back into its queue. */
export type EndWord = number | "requeued";

/**
 * How batch script and supervisor talk about one attempt: small files in `slurm/attempt-<n>/` on shared storage.
 * The script writes `started` and `ended`; the supervisor writes `released` when no other attempt follows in the job.
 */
export class AttemptFiles {
  readonly place: string;

  constructor(folder: string, attempt: number) {
    this.place = join(folder, "slurm", `attempt-${attempt}`);
  }

  /** The batch script has started this attempt. */
  async started(): Promise<boolean> {
    return exists(join(this.place, "started"));
  }

  /** How the attempt ended, if its job goes on without it. */
  async ended(): Promise<EndWord | undefined> {
    const text = await readFile(join(this.place, "ended"), "utf8").catch(() => undefined);
    const word = text?.trim();
    if (word === undefined || word === "") return undefined;
    return word === "requeued" ? word : Number(word);
  }

  async isReleased(): Promise<boolean> {
    return exists(join(this.place, "released"));
  }

  /** Lets the batch script end. */
  async release(): Promise<void> {
    await mkdir(this.place, { recursive: true });
    await writeFile(join(this.place, "released"), "");
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
