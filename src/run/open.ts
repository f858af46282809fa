import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { LabError } from "../core/error.js";
import { formatDuration } from "../core/units.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { tableBundle } from "../view/table.js";
import { defaultFolder, runFolder } from "./record/name.js";
import { readRunFile } from "./record/run-file.js";
import { Run } from "./run.js";
import type { RunStatus } from "./status.js";

export interface OpenOptions {
  /** Folder of all runs, default `"runs"` beside the notebook. */
  readonly folder?: string;
}

/** Opens a run that exists, live or ended, whoever launched it. Throws RUN_MISSING with the names that exist. */
export async function openRun(name: string, options: OpenOptions = {}): Promise<Run> {
  const { folder: runs = defaultFolder } = options;
  const folder = runFolder(name, runs);
  const file = await readRunFile(folder);
  if (file) return new Run(folder, file);
  const names = await runNames(runs);
  const found = names.length > 0 ? `found ${names.slice(0, 20).join(", ")}` : `found no run in ${resolve(runs)}`;
  throw new LabError("RUN_MISSING", `run ${name}: expected ${folder}/run.json, ${found}`, {
    hint: names[0] ? `await openRun("${names[0]}")` : 'await listRuns({ folder: "…" })',
    details: { name, folder, names },
  });
}

async function runNames(runs: string): Promise<string[]> {
  const entries = await readdir(resolve(runs), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** The runs of a folder with their states; shows itself as a table, newest first. */
export class RunList {
  readonly folder: string;
  readonly runs: readonly Run[];
  readonly statuses: readonly RunStatus[];

  /** @internal Use listRuns. */
  constructor(folder: string, found: readonly { readonly run: Run; readonly status: RunStatus }[]) {
    this.folder = folder;
    this.runs = found.map(({ run }) => run);
    this.statuses = found.map(({ status }) => status);
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `${this.runs.length} runs in ${this.folder}`,
      columns: [
        { key: "name" },
        { key: "state" },
        { key: "step", align: "right" },
        { key: "of", align: "right" },
        { key: "loss", align: "right" },
        { key: "checkpoint", align: "right" },
        { key: "started" },
        { key: "took", align: "right" },
      ],
      rows: this.statuses.map((status) => ({
        name: status.name,
        state: status.state,
        step: status.step,
        of: status.totalSteps,
        loss: status.loss?.toFixed(4),
        checkpoint: status.checkpointStep,
        started: new Date(status.startedAt).toISOString().slice(0, 19).replace("T", " "),
        took: status.endedAt === undefined ? undefined : formatDuration(status.endedAt - status.startedAt),
      })),
    });
  }
}

/** All runs of a folder, newest first; folders that are no runs are passed over. */
export async function listRuns(options: OpenOptions = {}): Promise<RunList> {
  const { folder: runs = defaultFolder } = options;
  const found = [];
  for (const name of await runNames(runs)) {
    const folder = runFolder(name, runs);
    const file = await readRunFile(folder).catch(() => undefined);
    if (!file) continue;
    const run = new Run(folder, file);
    found.push({ run, status: await run.status() });
  }
  found.sort((a, b) => b.status.startedAt - a.status.startedAt);
  return new RunList(resolve(runs), found);
}
