import { shortValue } from "../config/text/short-value.js";
import { formatBytes, formatCount, formatDuration } from "../core/units.js";
import { meshArithmetic } from "../model/layout/mesh.js";
import { commandsBundle } from "../view/commands.js";
import type { MimeBundle } from "../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../view/sections.js";
import { tableBundle } from "../view/table.js";
import type { PlanValues } from "./estimate/values.js";
import { memoryLimit } from "./figures/memory.js";
import { workerProcessBytes } from "./plan-issues.js";

/** A plan as its table shows it. */
interface ShownPlan extends PlanValues {
  /** The calls of all nodes as text. */
  readonly command: string;
}

const words: readonly (readonly [number, string])[] = [
  [1e12, "trillion"],
  [1e9, "billion"],
  [1e6, "million"],
];

/** A count with its round figure: "682,636,487,424 (683 billion)". */
function large(count: number): string {
  const word = words.find(([limit]) => count >= limit);
  return word === undefined
    ? formatCount(count)
    : `${formatCount(count)} (${(count / word[0]).toPrecision(3)} ${word[1]})`;
}

/** 1234567890 → "1.235 GFLOP". */
function work(flops: number): string {
  const power = flops < 1 ? 0 : Math.min(5, Math.floor(Math.log10(flops) / 3));
  return `${Number((flops / 1000 ** power).toPrecision(4))} ${["", "K", "M", "G", "T", "P"][power]}FLOP`;
}

function devicesText({ cluster }: PlanValues): string {
  const nodes = cluster.nodes.length;
  const kind = cluster.device === "CPU" ? "CPU workers" : "Ascend NPUs";
  const where =
    nodes > 1
      ? `${nodes} nodes (${cluster.nodes[0]} … ${cluster.nodes.at(-1)}) × ${cluster.devicesPerNode}`
      : `on ${cluster.nodes[0]}`;
  return `${formatCount(cluster.devices)} ${kind}, ${where}`;
}

function meshText({ mesh, cluster }: PlanValues): string {
  if (!mesh.semiAuto) return `data parallel: ${cluster.devices}`;
  const expert = mesh.expertParallel > 1 ? `; expert_parallel ${mesh.expertParallel} inside data · model` : "";
  return meshArithmetic(mesh) + expert;
}

function stepsText(plan: PlanValues): string {
  if (plan.totalSteps === undefined) return "known when the data is read";
  return `${formatCount(plan.totalSteps)} (${formatCount(plan.stepsPerEpoch ?? 0)} per epoch · epochs ${plan.epochs})`;
}

/** The fullest device against the limit. */
function memoryFacts(plan: PlanValues): (readonly [string, string])[] {
  const { memory } = plan;
  if (memory === undefined) return [];
  const limit = memoryLimit(plan);
  const share = limit === undefined ? "" : ` of ${formatBytes(limit.bytes)} (${limit.source})`;
  const stages =
    memory.stages.length > 1
      ? `, on stage ${memory.peakStage}; ` +
        `the others from ${formatBytes(Math.min(...memory.stages.map(({ total }) => total)))}`
      : "";
  const kind =
    plan.cluster.device === "CPU"
      ? `for the tensors of the fullest worker${stages}; ` +
        `a worker's process takes about ${formatBytes(workerProcessBytes)} more`
      : `on the fullest device${stages}`;
  return [["memory", `about ${formatBytes(memory.peak)}${share} ${kind}`]];
}

function modelFacts(plan: PlanValues): (readonly [string, string])[] {
  const { parameters, flopsPerToken, tokensPerStep } = plan;
  if (parameters === undefined || flopsPerToken === undefined)
    return [["parameters", "not computed for this kind of model"]];
  const used = parameters.activeMain < parameters.main ? `; a token uses ${large(parameters.activeMain)}` : "";
  const mtp = parameters.mtp > 0 ? `, ${large(parameters.mtp)} of them for token prediction` : "";
  const step = tokensPerStep === undefined ? "" : `, ${work(flopsPerToken * tokensPerStep)} per step`;
  return [
    ["parameters", large(parameters.total) + mtp + used],
    ["work", `${work(flopsPerToken)} per token${step}`],
    ...memoryFacts(plan),
  ];
}

function toleranceFacts({ tolerance }: PlanValues): (readonly [string, string])[] {
  if (tolerance === undefined) return [];
  const { refused, options, environment } = tolerance;
  const controller = environment.MS_TFT_IP && `, controller at ${environment.MS_TFT_IP}:${environment.MS_TFT_PORT}`;
  return [["fault tolerance", refused === undefined ? options.join(", ") + (controller ?? "") : `refused: ${refused}`]];
}

/** The default policy of recovery, in the words of the run's card; a test compares them. */
const recoveryDefault = "4 restarts without a new checkpoint, a hang after 45.0 s or 10 steps of silence, no spares";

function recoveryText({ tolerance }: PlanValues): string {
  if (tolerance?.refused !== undefined) return `on, in place of fault tolerance: ${recoveryDefault}`;
  return `off unless launchRun(plan, { name, recovery: {} }) turns it on: ${recoveryDefault}`;
}

/** Label and value of every line of the plan's summary. */
export function planFacts(plan: PlanValues): (readonly [string, string])[] {
  const tokens = plan.tokensPerStep === undefined ? "unknown" : `${large(plan.tokensPerStep)} per step`;
  const all = plan.totalTokens === undefined ? "" : `, ${large(plan.totalTokens)} in all`;
  const length = plan.sequenceLength === undefined ? "" : ` (sequences of ${formatCount(plan.sequenceLength)})`;
  return [
    ["devices", devicesText(plan)],
    ["mesh", meshText(plan)],
    ["global batch", plan.batchArithmetic],
    ["steps", stepsText(plan)],
    ["tokens", tokens + length + all],
    ...toleranceFacts(plan),
    ["recovery", recoveryText(plan)],
    ...modelFacts(plan),
  ];
}

type Facts = (readonly [string, string])[];

const notKnown = "not known: give planRun a speed, such as { steps: await run.steps() } of a short run";

/** Wall time, device hours and what they rest on. */
export function timeFacts(plan: PlanValues): Facts {
  const { duration } = plan;
  if (duration === undefined) return [["time", notKnown]];
  const speed =
    duration.tokensPerSecond === undefined ? "" : `, ${formatCount(Math.round(duration.tokensPerSecond))} tokens/s`;
  const unit = plan.cluster.device === "CPU" ? "worker hour" : "NPU-hour";
  return [
    ["step", `${formatDuration(duration.stepMs)}${speed} (${duration.basis})`],
    ["from", duration.arithmetic],
    ...(duration.workMs === undefined
      ? []
      : [
          [
            "whole run",
            `${formatDuration(duration.workMs)} without failures, ` +
              formatCount(Math.round(duration.deviceHours ?? 0), unit),
          ] as const,
        ]),
  ];
}

/** Checkpoints and logs on disk. */
export function diskFacts({ disk }: PlanValues): Facts {
  const logs: Facts = disk.logBytes === undefined ? [] : [["logs", `about ${formatBytes(disk.logBytes)}`]];
  if (disk.checkpointBytes === undefined) return [["checkpoint", "not computed for this kind of model"], ...logs];
  const copies = (disk.copies ?? 1) < 1.05 ? "" : `, each value stored in ${disk.copies?.toFixed(1)} copies on average`;
  const one =
    `about ${formatBytes(disk.checkpointBytes)} in all: weights and both moments, ` +
    `float32, ${disk.format}${copies}`;
  const when =
    disk.everySteps === undefined
      ? "none: there is no CheckpointMonitor"
      : `every ${formatCount(disk.everySteps)} steps`;
  const many =
    disk.written === undefined || disk.checkpointsBytes === undefined
      ? when
      : `${when}: ${formatCount(disk.written)} written, ${disk.kept} kept = ${formatBytes(disk.checkpointsBytes)}`;
  return [["checkpoint", one], ["saved", many], ...logs];
}

function expectedText(failures: number): string {
  if (failures < 0.05) return "fewer than 0.1";
  return failures < 10 ? failures.toFixed(1) : formatCount(Math.round(failures));
}

/** Failures to expect, with formulas and sources. */
export function failureFacts({ reliability: r, duration }: PlanValues): Facts {
  if (r === undefined || duration === undefined) return [];
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  const never = r.everySteps === undefined || r.intervalMs >= (duration.workMs ?? 0);
  const enough = r.bestIntervalMs >= (duration.workMs ?? 0);
  const best = enough
    ? "longer than the run: the checkpoint at its end is enough"
    : `${formatCount(r.bestSteps)} steps (${formatDuration(r.bestIntervalMs)}): ${percent(r.bestRatio)}`;
  const now = never ? "no checkpoint before the end" : `a checkpoint every ${formatCount(r.everySteps ?? 0)} steps`;
  const whole = Number.isFinite(r.expectedMs) ? formatDuration(r.expectedMs) : "no end";
  return [
    ["failures", `${expectedText(r.failures)} expected, one every ${formatDuration(r.mtbfMs)}; ${r.source}`],
    ["effective time", `${percent(r.ratio)} with ${now}: ${whole} in all`],
    ["best interval", best],
    [
      "from",
      `M = time between failures, δ = save ${formatDuration(r.saveMs)} (${r.saveArithmetic}), ` +
        `R = new start ${formatDuration(r.restartMs)}`,
    ],
    ["formulas", "best τ = √(2δM)·(1 + ⅓√(δ/2M) + ⅑δ/2M) − δ; ratio = τ / (M·e^(R/M)·(e^((τ+δ)/M) − 1)) (Daly 2006)"],
  ];
}

function commandBundle(plan: ShownPlan): MimeBundle {
  const [first = "", second] = plan.command.split("\n");
  const others = plan.cluster.nodes.length - 1;
  const note = others > 0 ? ` (and ${others} more, up to node_rank ${others}: see plan.command)` : "";
  const place = others > 0 ? first.replace(/^# /, "") : "here";
  return commandsBundle(`Command, for a run folder runs/NAME${note}`, [{ place, command: second ?? first }]);
}

function planTitle({ errors }: PlanValues): string {
  if (errors.length === 0) return "Plan";
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return `Plan with ${count}: launchRun refuses it without an override with a reason`;
}

/** Summary, what the plan changed in the configuration, findings, and the first node's command. */
export function planBundle(plan: ShownPlan): MimeBundle {
  const changes = tableBundle({
    title: "Set by the plan (in its own copy of the configuration)",
    columns: [{ key: "path" }, { key: "was", align: "left" }, { key: "now", align: "left" }, { key: "why" }],
    rows: plan.changes.map(({ path, was, now, why }) => ({
      path,
      was: was === undefined ? undefined : shortValue(was),
      now: shortValue(now, 120),
      why,
    })),
    more: "plan.changes",
  });
  const failures = failureFacts(plan);
  return joinBundles([
    factsBundle(planTitle(plan), planFacts(plan)),
    ...(plan.issues.length > 0 ? [issuesBundle(plan.issues)] : []),
    factsBundle("Time", timeFacts(plan)),
    factsBundle("Disk", diskFacts(plan)),
    ...(failures.length > 0 ? [factsBundle("Failures", failures)] : []),
    ...(plan.changes.length > 0 ? [changes] : []),
    commandBundle(plan),
  ]);
}
