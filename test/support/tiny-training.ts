import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/config/config.js";
import { openConfig } from "../../src/config/open.js";
import type { Run } from "../../src/run/run.js";
import { writeTokenFiles } from "./token-files.js";

/** A very small model of two workers that trains `steps` steps on data in `folder`/data. */
export async function tinyTraining(folder: string, steps: number): Promise<Config> {
  const prefix = join(folder, "data/tokens");
  mkdirSync(join(folder, "data"), { recursive: true });
  writeTokenFiles(prefix, { count: 2000, length: 65, vocabulary: 512 });
  const loader = "train_dataset.data_loader";
  return (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set(`${loader}.config.data_path.1`, prefix)
    .set(`${loader}.sizes.0`, 2 * steps)
    .set(`${loader}.config.seq_length`, 64)
    .set("model.model_config.seq_length", 64)
    .set("model.model_config.vocab_size", 512);
}

/** An event as a supervisor has written it. */
export interface WrittenEvent {
  readonly kind: string;
  readonly time: number;
  readonly text?: string;
  readonly message?: string;
  readonly rank?: number;
  readonly stacks?: string;
}

/** Events of all supervisors of a run, in the order of their leases. */
export function writtenEvents(run: Run): WrittenEvent[] {
  const place = join(run.folder, "events");
  return readdirSync(place)
    .filter((name) => name.startsWith("supervisor-"))
    .sort()
    .flatMap((name) => readFileSync(join(place, name), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line) as WrittenEvent);
}

/** Process ids of the supervisors of a run on this machine, the standby among them. */
export function supervisorsOf(run: Run): number[] {
  return supervisorsIn(run.folder);
}

/** The same by the run folder. */
export function supervisorsIn(folder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
        return command.includes("supervise.js") && command.split("\0").includes(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}
