import { localNodeOf } from "./nodes/open/open-nodes.js";
import type { CheckpointEvent } from "./record/events.js";
import { runPaths } from "./record/layout.js";
import { ranksOf } from "./record/node-command.js";
import type { RunFile } from "./record/run-file.js";
import type { StepTable } from "./record/step-table.js";
import { AttemptLogs, type LogPortion } from "./supervise/attempt-logs.js";
import { catchUp } from "./supervise/follow.js";

/** What the engine's logs say beyond the record: of a run that nobody supervises, and where the record is damaged. */
export class UnrecordedLogs {
  readonly #folder: string;
  #logs: AttemptLogs | undefined;
  #attempt = 0;
  #lossLog = "";
  #mended = 0;
  readonly checkpoints: CheckpointEvent[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Every worker of this node wrote "Training Over!". */
  get over(): boolean {
    return this.#logs?.over ?? false;
  }

  /** Reads on where the record ends, and adds the steps. */
  async read(file: RunFile, steps: StepTable): Promise<void> {
    if (this.#attempt !== file.attempt) this.#begin(file, steps.logOffset(file.attempt));
    const logs = this.#logs as AttemptLogs;
    await this.#catchUp(file, logs, (found) => {
      for (const { record, logOffset } of found.steps) steps.add(record, logOffset);
      for (const { ranks, seconds, step, fileEpoch, fileStep } of found.saved)
        this.checkpoints.push({
          ...{ kind: "checkpoint", time: Date.now(), attempt: file.attempt },
          ...{ step, fileEpoch, fileStep, ranks, seconds },
        });
    });
  }

  #begin(file: RunFile, logOffset: number): void {
    const command = file.commands[file.localNode];
    const expected = command ? ranksOf(command) : [];
    this.#attempt = file.attempt;
    this.#logs = new AttemptLogs({ attempt: file.attempt, expected, lossRank: file.lossRank });
    this.#lossLog = `worker_${expected.includes(file.lossRank) ? file.lossRank : (expected.at(-1) ?? 0)}.log`;
    this.#logs.offsets[`${this.#logFolder(file, file.attempt)}/${this.#lossLog}`] = logOffset;
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
