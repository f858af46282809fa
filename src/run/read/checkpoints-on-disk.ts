import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { RunNode } from "../nodes/node.js";
import { rankNodes } from "../nodes/open/attempt-ranks.js";
import { nodesAtHand } from "../nodes/open/open-nodes.js";
import { lookAtSaved } from "../nodes/open/saved-files.js";
import type { SavedFiles } from "../nodes/open/whole-file.js";
import type { CheckpointEvent } from "../record/events.js";
import type { RunFile } from "../record/run-file.js";

interface Looked {
  readonly found: SavedFiles;
  /** Sizes and times of the files when they were read. */
  readonly sign: string;
}

/**
 * Whether recorded checkpoints are still complete on disk. Headers are read once, and again when a file has changed.
 */
export class SavedCheckpoints {
  readonly #folder: string;
  readonly #looked = new Map<string, Looked>();
  #nodes: readonly RunNode[] | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Global step of the newest recorded checkpoint that is complete on disk, and what is wrong with newer ones. */
  async newest(
    file: RunFile,
    recorded: readonly CheckpointEvent[],
  ): Promise<{ readonly step: number | undefined; readonly problems: readonly string[] }> {
    const problems: string[] = [];
    for (const event of [...recorded].sort((a, b) => b.step - a.step || b.time - a.time)) {
      const found = await this.#look(file, event);
      if (found.complete) return { step: event.step, problems };
      problems.push(`checkpoint of step ${event.step}: ${found.problems.slice(0, 4).join("; ")}`);
      // Older ones were deleted on purpose (keep_checkpoint_max), so there is no end of incomplete ones.
      if (problems.length === 8) break;
    }
    return { step: undefined, problems };
  }

  async #look(file: RunFile, event: CheckpointEvent): Promise<SavedFiles> {
    const key = `${event.attempt}/${event.fileEpoch}_${event.fileStep}`;
    const before = this.#looked.get(key);
    if (before && before.sign !== "" && before.sign === (await this.#signOf(before.found))) return before.found;
    // Of files on other machines the record is trusted: its writer has looked at them there.
    this.#nodes ??= nodesAtHand(file, () => this.#folder);
    const ranks = rankNodes(file, this.#nodes);
    const found = await lookAtSaved(event, ranks);
    this.#looked.set(key, { found, sign: await this.#signOf(found) });
    return found;
  }

  async #signOf({ files }: SavedFiles): Promise<string> {
    const signs = await Promise.all(
      files.map(async ({ path }) => {
        const found = await stat(join(this.#folder, path)).catch(() => undefined);
        return found ? `${found.size}.${found.mtimeMs}` : "none";
      }),
    );
    return signs.join();
  }
}
