import { formatCount, formatDuration } from "../../core/units.js";
import { describePolicy } from "../../recover/decide/policy.js";
import { commandsBundle } from "../../view/commands.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../view/sections.js";
import { explainLines } from "../cause/explain-error.js";
import { startsAllNodes } from "../nodes/open/open-nodes.js";
import type { RunStatus } from "../read/status.js";
import type { RunFile } from "../record/run-file.js";

function optional(label: string, value: string | undefined): (readonly [string, string])[] {
  return value === undefined || value === "" ? [] : [[label, value]];
}

/** `step 10 of 120`. */
function stepText({ step, totalSteps }: RunStatus): string {
  return `step ${formatCount(step)}${totalSteps > 0 ? ` of ${formatCount(totalSteps)}` : ""}`;
}

const lossText = ({ loss }: RunStatus): string[] => (loss === undefined ? [] : [`loss ${loss.toFixed(4)}`]);

/** One line of a view that no longer follows its run, which trains on. */
export function leftLine(status: RunStatus): string {
  return [`not followed since ${stepText(status)}`, ...lossText(status)].join(" · ");
}

/** One line: state, step, loss, speed, time left. */
export function statusLine(status: RunStatus): string {
  const parts = [
    status.state,
    stepText(status),
    ...lossText(status),
    ...(status.tokensPerSecond === undefined ? [] : [`${formatCount(Math.round(status.tokensPerSecond))} tokens/s`]),
    ...(status.remainingMs === undefined ? [] : [`${formatDuration(status.remainingMs)} left`]),
  ];
  return parts.join(" · ");
}

/** What a run shows as a cell's result. */
export function statusCard(
  status: RunStatus,
  file: RunFile,
  about: { readonly folder: string; readonly note?: string | undefined },
): MimeBundle {
  const { failure } = status;
  const others = startsAllNodes(file) ? [] : file.commands.filter((_, index) => index !== file.localNode);
  const card = factsBundle(`Run ${status.name}: ${statusLine(status)}`, [
    ...optional("note", about.note),
    ...optional("message", status.message),
    ...optional("processes", status.processes > 0 ? `${status.processes} alive` : undefined),
    ...optional("checkpoint", status.checkpointStep === undefined ? undefined : `step ${status.checkpointStep}`),
    ...optional("warning", status.warnings?.join("\n")),
    ...optional("damage", status.damage?.join("\n")),
    ...optional(
      "started in spite of",
      file.override?.errors.map(({ path, message }) => `${path}: ${message}`).join("\n"),
    ),
    ...optional("because", file.override?.reason),
    ...optional("continues", file.parent && `run ${file.parent.name} from step ${file.parent.step}`),
    ["recovery", describePolicy(file.recovery)],
    ...optional("first cause", failure?.cause?.summary),
    ...optional(
      "error codes",
      explainLines(failure ? [...failure.logTail, ...(failure.cause?.codes ?? [])] : []).join("\n"),
    ),
    ...optional("log of the failure", failure?.logTail.slice(-8).join("\n")),
    ["folder", about.folder],
  ]);
  if (others.length === 0) return card;
  const commands = others.map(({ node, argv }) => ({ place: node, command: argv.join(" ") }));
  return joinBundles([card, commandsBundle("To start elsewhere", commands)]);
}

/** A status that shows itself as the card of its run. */
export function shownStatus(status: RunStatus, file: RunFile, folder: string): RunStatus {
  return Object.defineProperty({ ...status }, displayKey, { value: () => statusCard(status, file, { folder }) });
}
