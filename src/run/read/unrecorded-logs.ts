import { localNodeOf } from "../nodes/open/open-nodes.js";
import type { CheckpointEvent, StepRecord } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import { ranksOf } from "../record/node-command.js";
import type { RunFile } from "../record/run-file.js";
import type { StepTable } from "../record/step-table.js";
import { AttemptLogs, type LogPortion } from "../supervise/observe/attempt-logs.js";
import { catchUp } from "../supervise/observe/follow.js";
import { skimLog } from "../supervise/observe/sparse-log.js";
import { recentSteps } from "./status.js";

/** What the engine's logs say beyond the record: of a run that nobody supervises, and where the record is damaged. */
export class UnrecordedLogs {
  readonly #folder: string;
  #logs: AttemptLogs | undefined;
  #attempt = 0;
  #skimmed: AttemptLogs | undefined;
  #skimmedAttempt = 0;
  #newest: StepRecord[] = [];
  #mended = 0;
  readonly checkpoints: CheckpointEvent[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Every worker of this node wrote "Training Over!". */
  get over(): boolean {
    return this.#skimmed?.over ?? false;
  }

  /** Reads on where the record ends (`from`: at another byte of the log), and adds the steps. */
  async read(file: RunFile, steps: StepTable, from = steps.logOffset(file.attempt)): Promise<void> {
    if (this.#attempt !== file.attempt) this.#logs = this.#begin(file, from);
    this.#attempt = file.attempt;
    await this.#catchUp(file, this.#logs as AttemptLogs, (found) => {
      for (const { record, logOffset } of found.steps) steps.add(record, logOffset);
    });
  }

  /** Reads on, only what a status needs: the newest steps, checkpoints, and the end. `logOffset`: of the record. */
  async skim(file: RunFile, logOffset: number): Promise<readonly StepRecord[]> {
    if (this.#skimmedAttempt !== file.attempt) {
      this.#skimmed = this.#begin(file, logOffset);
      this.#skimmedAttempt = file.attempt;
      this.#newest = [];
    }
    const logs = this.#skimmed as AttemptLogs;
    const node = localNodeOf(file, () => this.#folder);
    const pattern = `${this.#logFolder(file, file.attempt)}/worker_*.log`;
    await skimLog(node, { pattern, offsets: logs.offsets }, (portion) => {
      const found = logs.accept(portion, Date.now());
      this.#newest = [...this.#newest, ...found.steps.map(({ record }) => record)].slice(-recentSteps);
      for (const { ranks, seconds, step, fileEpoch, fileStep } of found.saved)
        this.checkpoints.push({
          ...{ kind: "checkpoint", time: Date.now(), attempt: file.attempt },
          ...{ step, fileEpoch, fileStep, ranks, seconds },
        });
    });
    return this.#newest;
  }

  #begin(file: RunFile, logOffset: number): AttemptLogs {
    const command = file.commands[file.localNode];
    const expected = command ? ranksOf(command) : [];
    const logs = new AttemptLogs({ attempt: file.attempt, expected, lossRank: file.lossRank });
    const lossLog = `worker_${expected.includes(file.lossRank) ? file.lossRank : (expected.at(-1) ?? 0)}.log`;
    logs.offsets[`${this.#logFolder(file, file.attempt)}/${lossLog}`] = logOffset;
    return logs;
  }

  /** Adds the steps whose bytes in the record are damaged, from the logs of all attempts. */
  async addMissing(file: RunFile, steps: StepTable): Promise<void> {
    if (this.#mended === steps.damaged) return;
    this.#mended = steps.damaged;
    for (let attempt = 1; attempt <= file.attempt; attempt += 1) {
      const expected = file.commands[file.localNode]
        ? ranksOf(file.commands[file.localNode] as RunFile["commands"][number])
        : [];
      const logs = new AttemptLogs({ attempt, expected, lossRank: file.lossRank });
      await this.#catchUp({ ...file, attempt }, logs, (found) => {
        for (const { record, logOffset } of found.steps)
          if (steps.at(steps.indexOf(record.step))?.step !== record.step) steps.add(record, logOffset);
      });
    }
  }

  #logFolder(file: RunFile, attempt: number): string {
    const { nodeRank = 0 } = file.commands[file.localNode] ?? {};
    return runPaths("", file.layout).logs(attempt, nodeRank);
  }

  async #catchUp(
    file: RunFile,
    logs: AttemptLogs,
    take: (found: ReturnType<AttemptLogs["accept"]>) => void,
  ): Promise<void> {
    const node = localNodeOf(file, () => this.#folder);
    const pattern = `${this.#logFolder(file, file.attempt)}/worker_*.log`;
    const accept = async (portions: readonly LogPortion[]) => {
      for (const portion of portions) take(logs.accept(portion, Date.now()));
    };
    await catchUp(node, { pattern, offsets: logs.offsets }, accept);
  }
}
