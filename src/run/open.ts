import { basename, dirname, relative, resolve } from "node:path";
import { LabError } from "../core/error.js";
import { requireOptions, suggestName } from "../core/options/option-names.js";
import { formatCount, formatDate, formatDuration } from "../core/units.js";
import type { MimeBundle } from "../view/display-contract.js";
import { ShownList } from "../view/shown-list.js";
import { tableBundle } from "../view/table.js";
import { isRunAddress, parseRunAddress, type RunAddress } from "./attach/address.js";
import { attachRun, nodeAt } from "./attach/attach.js";
import { recordedColumn, recordedName } from "./deletion.js";
import { findRunFolders, foldersIn, runFoldersIn } from "./read/find-runs.js";
import { sharedReader } from "./read/run-reader.js";
import type { RunStatus } from "./read/status.js";
import { isTerminal } from "./record/events.js";
import { defaultFolder, openLine, runFolder } from "./record/name.js";
import { findRunFile, readRunFile } from "./record/run-file.js";
import { Run } from "./run.js";
import { startSupervisor } from "./supervise/start/start-supervisor.js";
import { waitForSupervisor } from "./wait.js";

/** Options of `openRun` and `listRuns`. */
export interface OpenOptions {
  /**
   * Folder of all runs. Default: `"runs"` beside the notebook, then every folder with runs below the working folder and
   * in `runs` of the folders above it.
   */
  readonly folder?: string;
}

/** Access to a run on other machines; only with `ssh://…`. */
export interface OpenRemoteOptions extends OpenOptions {
  /** Configuration file for ssh (`ssh -F`). Default: ssh's own. */
  readonly sshConfig?: string;
  /** Python of node 0 that runs the node program, 3.9 or newer; default `"python3"`. */
  readonly python?: string;
}

/** The work behind `openRun` in `on-demand/run.ts`. */
export async function openRun(name: string, options: OpenRemoteOptions = {}): Promise<Run> {
  requireOptions(options, "openRun", {
    names: ["folder", "sshConfig", "python"],
    example: 'await openRun("first", { folder: "runs" })',
  });
  const { folder: runs = defaultFolder } = options;
  if (isRunAddress(name)) return openAt(parseRunAddress(name), runs, options);
  const folder = runFolder(name, runs);
  const file = await readRunFile(folder);
  if (file) return new Run(folder, file);
  const folders = options.folder === undefined ? await findRunFolders() : await runFoldersIn(options.folder);
  const same = folders.filter((found) => basename(found) === name);
  if (same.length > 1) throw ambiguous(name, same);
  const [only] = same;
  const found = only === undefined ? undefined : await readRunFile(only);
  if (only !== undefined && found) return new Run(only, found);
  throw missing(name, folder, folders);
}

async function openAt(address: RunAddress, runs: string, options: OpenRemoteOptions): Promise<Run> {
  const node = nodeAt(address, options);
  try {
    const { folder, file } = await attachRun(node, runs, { sshConfig: options.sshConfig, first: address.host });
    const reader = sharedReader(folder, file);
    if (!isTerminal((await reader.status()).state)) {
      await startSupervisor(folder);
      await waitForSupervisor(reader);
    }
    return new Run(folder, file, `the run of ${address.text}`);
  } finally {
    await node.close();
  }
}

function missing(name: string, folder: string, folders: readonly string[]): LabError {
  const names = [...new Set(folders.map((path) => basename(path)))];
  const near = suggestName(name, names);
  const likely = folders.find((path) => basename(path) === near) ?? folders[0];
  const found = names.length > 0 ? `found ${names.slice(0, 20).join(", ")}` : `found no run in ${dirname(folder)}`;
  return new LabError("RUN_MISSING", `run ${name}: expected ${folder}/run.json, ${found}`, {
    hint: likely ? openLine(likely) : `await listRuns({ folder: ${JSON.stringify(dirname(folder))} })`,
    details: { name, folder, names },
  });
}

function ambiguous(name: string, folders: readonly string[]): LabError {
  const places = folders.map((path) => relative(process.cwd(), dirname(path)) || ".");
  return new LabError(
    "RUN_NAME_AMBIGUOUS",
    `run ${name}: expected one run of that name, found one in each of ${places.join(", ")}`,
    { hint: openLine(folders[0] as string), details: { name, folders } },
  );
}

interface Listed {
  readonly run: Run;
  readonly status: RunStatus;
}

/** A run folder whose run.json can't be read, and no copy of it. */
interface Damaged {
  readonly folder: string;
  readonly problem: string;
}

/** Run folders that are read at the same time. */
const parallel = 32;

/** The work behind `listRuns` in `on-demand/run.ts`. */
export async function listRuns(options: OpenOptions = {}): Promise<ShownList<Run>> {
  requireOptions(options, "listRuns", { names: ["folder"], example: 'await listRuns({ folder: "runs" })' });
  const folders = options.folder === undefined ? await findRunFolders() : await foldersIn(options.folder);
  const listed: Listed[] = [];
  const damaged: Damaged[] = [];
  const next = folders.values();
  const work = async () => {
    for (const folder of next) {
      try {
        const found = await findRunFile(folder);
        if (!found) continue;
        sharedReader(folder, found.file, found);
        const run = new Run(folder, found.file);
        listed.push({ run, status: await run.status() });
      } catch (error) {
        damaged.push({ folder, problem: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  listed.sort((a, b) => b.status.startedAt - a.status.startedAt || (a.run.folder < b.run.folder ? -1 : 1));
  damaged.sort((a, b) => (a.folder < b.folder ? -1 : 1));
  const place = options.folder === undefined ? "from here upward and below" : `in ${resolve(options.folder)}`;
  return ShownList.showing(
    listed.map(({ run }) => run),
    () => runsTable(listed, damaged, place),
  );
}

const placeOf = (folder: string) => relative(process.cwd(), dirname(folder)) || ".";

function runsTable(listed: readonly Listed[], damaged: readonly Damaged[], place: string): MimeBundle {
  const troubled = damaged.length > 0 || listed.some(({ status }) => status.damage !== undefined);
  return tableBundle({
    title: `${formatCount(listed.length + damaged.length, "run")} ${place}`,
    columns: [
      { key: "name" },
      ...recordedColumn(listed.map(({ run }) => run)),
      { key: "state" },
      { key: "step", align: "right" },
      { key: "of", align: "right" },
      { key: "loss", align: "right" },
      { key: "checkpoint", align: "right" },
      { key: "started" },
      { key: "took", align: "right" },
      { key: "folder" },
      ...(troubled ? [{ key: "damage" }] : []),
    ],
    rows: [
      ...listed.map(({ run, status }) => ({
        name: basename(run.folder),
        recorded: recordedName(run),
        state: status.state,
        step: status.step,
        of: status.totalSteps,
        loss: status.loss?.toFixed(4),
        checkpoint: status.checkpointStep,
        started: formatDate(status.startedAt),
        took: status.endedAt === undefined ? undefined : formatDuration(status.endedAt - status.startedAt),
        folder: placeOf(run.folder),
        damage: status.damage?.join("; "),
      })),
      ...damaged.map(({ folder, problem }) => ({
        ...{ name: basename(folder), state: "damaged", folder: placeOf(folder), damage: problem },
      })),
    ],
    note: listed.length > 0 ? "openRun(name) opens one; (await deleteRuns({ … })) shows what can be deleted" : "",
  });
}
