import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEvent } from "../../core/event-log.js";
import { accountOf } from "../../recover/account/account.js";
import { Incidents } from "../../recover/account/incidents.js";
import { accountEvents } from "../heal/account-events.js";
import { asRunEvent, type RunEvent, type StepRecord } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import type { RunFile } from "../record/run-file.js";
import { readSteps } from "../record/step-table.js";

/** Contents of the files of a folder whose names match, by the number in the name. */
async function contents(folder: string, pattern: RegExp): Promise<Buffer[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const numbered = names.flatMap((name) => {
    const match = pattern.exec(name);
    return match ? [{ name, number: Number(match[1] ?? 0) }] : [];
  });
  numbered.sort((a, b) => a.number - b.number);
  return Promise.all(numbered.map(({ name }) => readFile(join(folder, name))));
}

/** The incidents of a run from its record. `now`: milliseconds since the epoch. */
export async function readIncidents(folder: string, file: RunFile, now: number): Promise<Incidents> {
  const paths = runPaths(folder);
  const events: RunEvent[] = [];
  for (const bytes of await contents(paths.events, /^(?:supervisor-(\d+)|launch)\.jsonl$/))
    for (const line of bytes.toString("utf8").split("\n")) {
      const event = asRunEvent(parseEvent(line) ?? {});
      if (event) events.push(event);
    }
  const steps: StepRecord[] = (await contents(paths.metrics, /^steps-(\d+)\.bin$/)).flatMap(readSteps);
  const account = accountOf(accountEvents(events, steps, now));
  return new Incidents(account, { name: file.name, devices: file.worldSize ?? 1 });
}
