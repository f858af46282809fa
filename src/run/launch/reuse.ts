import { diffSources } from "../../config/diff.js";
import { shortValue } from "../../config/text/short-value.js";
import { readSource, type SourceText } from "../../config/text/source-text.js";
import { LabError } from "../../core/error.js";
import { isLive, type RunStatus } from "../read/status.js";
import { type RunFile, trainingWords } from "../record/run-file.js";

/** What a launch does with a run of that name that exists already. */
export type Reuse = { readonly action: "return"; readonly note: string } | { readonly action: "try-again" };

function taken(status: RunStatus, found: string, hint: string): LabError {
  return new LabError("RUN_NAME_TAKEN", `run name ${status.name}: expected a new name, found ${found}`, {
    hint,
    details: { name: status.name, state: status.state, step: status.step },
  });
}

/** First of `name-2`, `name-3`, … after a name: `wiki` → `wiki-2` → `wiki-3`. */
export function nextName(name: string): string {
  const match = /^(.*)-(\d+)$/.exec(name);
  return match ? `${match[1]}-${Number(match[2]) + 1}` : `${name}-2`;
}

/** What is said when the same training is asked for again; undefined if it neither lives nor ended well. */
export function sameTrainingNote(status: RunStatus, open: string): string | undefined {
  const at = `step ${status.step} of ${status.totalSteps}`;
  if (isLive(status)) return `the same training is live (${status.state}, ${at}); nothing was started`;
  if (status.state === "finished") return `the same training already finished at ${at}; nothing was started`;
  if (status.state !== "stopped") return undefined;
  return `the same training was stopped at ${at}; nothing was started; to continue: await resumeRun(${open})`;
}

/** Differences that a message names. */
const mostNamed = 3;

/** How the commands of two launches differ, in a few words; empty if they do the same. */
function commandDifferences(before: RunFile, now: RunFile): string[] {
  // Layout 1 holds neither the folder nor the number of workers.
  if (before.layout === 1) return [];
  if (before.commands.length !== now.commands.length)
    return [`nodes: ${before.commands.length}, now ${now.commands.length}`];
  if (before.worldSize !== now.worldSize) return [`workers: ${before.worldSize}, now ${now.worldSize}`];
  const [was, is] = [before, now].map(({ commands, folder }) =>
    commands.flatMap(({ argv }) => trainingWords(argv, folder ?? "")),
  ) as [string[], string[]];
  const changed = is.filter((word) => !was.includes(word));
  return changed.length > 0 ? [`command: ${changed[0]} is new`] : [];
}

/**
 * What differs between the training of a run and another one of the same name: `seed: 1, now 2`. The texts are those
 * of the configurations. Pure.
 */
export function trainingDifferences(
  before: { readonly file: RunFile; readonly config: string },
  now: { readonly file: RunFile; readonly config: string },
): string[] {
  const [was, is] = [before, now].map(({ config }, index) => readSource(config, `configuration ${index}`)) as [
    SourceText,
    SourceText,
  ];
  const settings = diffSources(was, is).map(
    (change) => `${change.path}: ${valueText(change.was)}, now ${valueText(change.now)}`,
  );
  const found = [...commandDifferences(before.file, now.file), ...settings];
  if (found.length === 0 && before.config !== now.config) return ["comments or order of the configuration"];
  const more = found.length - mostNamed;
  return more > 0 ? [...found.slice(0, mostNamed), `and ${more} more`] : found;
}

function valueText(value: unknown): string {
  return value === undefined ? "none" : shortValue(value, 40);
}

/**
 * Decides, without starting anything. The same training is returned while it lives and after it ended well or was
 * stopped; one that failed without a checkpoint may be tried again; everything else needs another name. Pure.
 */
export function reuseOf(
  status: RunStatus,
  file: RunFile,
  wanted: { readonly fingerprint: string; readonly open: string; readonly differences?: readonly string[] },
): Reuse {
  const { differences = [] } = wanted;
  const other = differences.length === 0 ? "" : `; different are ${differences.join("; ")}`;
  const at = `step ${status.step} of ${status.totalSteps}`;
  if (file.fingerprint !== wanted.fingerprint) {
    if (isLive(status))
      throw taken(
        status,
        `a live run of another training (${status.state}, ${at})${other}`,
        `const run = ${wanted.open}`,
      );
    const hint = `name: "${nextName(status.name)}" (or look at the old one: ${wanted.open})`;
    throw taken(status, `a run of another training (${status.state}, ${at})${other}`, hint);
  }
  const note = sameTrainingNote(status, wanted.open);
  if (note !== undefined) return { action: "return", note };
  if (status.checkpointStep === undefined) return { action: "try-again" };
  throw taken(
    status,
    `the same training, ${status.state} at ${at} with a checkpoint of step ${status.checkpointStep}`,
    `await resumeRun(${wanted.open})`,
  );
}
