import { meshArithmetic } from "../config/settings.js";
import { shortValue } from "../config/short-value.js";
import { formatBytes, formatCount } from "../core/units.js";
import type { MimeBundle } from "../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../view/sections.js";
import { tableBundle } from "../view/table.js";
import type { Plan } from "./plan.js";

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
  const power = Math.min(5, Math.floor(Math.log10(flops) / 3));
  return `${Number((flops / 1000 ** power).toPrecision(4))} ${["", "K", "M", "G", "T", "P"][power]}FLOP`;
}

function devicesText({ cluster }: Plan): string {
  const nodes = cluster.nodes.length;
  const kind = cluster.device === "CPU" ? "CPU workers" : "Ascend NPUs";
  const where =
    nodes > 1
      ? `${nodes} nodes (${cluster.nodes[0]} … ${cluster.nodes.at(-1)}) × ${cluster.devicesPerNode}`
      : `on ${cluster.nodes[0]}`;
  return `${formatCount(cluster.devices)} ${kind}, ${where}`;
}

function meshText({ mesh, cluster }: Plan): string {
  if (!mesh.semiAuto) return `data parallel: ${cluster.devices}`;
  const expert = mesh.expertParallel > 1 ? `; expert_parallel ${mesh.expertParallel} inside data · model` : "";
  return meshArithmetic(mesh) + expert;
}

function stepsText(plan: Plan): string {
  if (plan.totalSteps === undefined) return "known when the data is read";
  return `${formatCount(plan.totalSteps)} (${formatCount(plan.stepsPerEpoch ?? 0)} per epoch · epochs ${plan.epochs})`;
}

function modelFacts(plan: Plan): (readonly [string, string])[] {
  const { parameters, flopsPerToken, tokensPerStep, checkpointBytes } = plan;
  if (parameters === undefined || flopsPerToken === undefined)
    return [["parameters", "not computed for this kind of model"]];
  const active = ` of which a token uses ${large(parameters.activeMain)}`;
  const mtp = parameters.mtp > 0 ? `, token prediction ${large(parameters.mtp)}` : "";
  const step = tokensPerStep === undefined ? "" : `, ${work(flopsPerToken * tokensPerStep)} per step`;
  return [
    ["parameters", `${large(parameters.total)}: model ${large(parameters.main)}${active}${mtp}`],
    ["work", `${work(flopsPerToken)} per token${step}`],
    ["checkpoint", `about ${formatBytes(checkpointBytes ?? 0)} in all (weights and both moments, float32)`],
  ];
}

/** Label and value of every line of the plan's summary. */
export function planFacts(plan: Plan): (readonly [string, string])[] {
  const tokens = plan.tokensPerStep === undefined ? "unknown" : `${large(plan.tokensPerStep)} per step`;
  const all = plan.totalTokens === undefined ? "" : `, ${large(plan.totalTokens)} in all`;
  const length = plan.sequenceLength === undefined ? "" : ` (sequences of ${formatCount(plan.sequenceLength)})`;
  return [
    ["devices", devicesText(plan)],
    ["mesh", meshText(plan)],
    ["global batch", plan.batchArithmetic],
    ["steps", stepsText(plan)],
    ["tokens", tokens + length + all],
    ...modelFacts(plan),
  ];
}

function commandBundle(plan: Plan): MimeBundle {
  const [first = "", second] = plan.command.split("\n");
  const others = plan.cluster.nodes.length - 1;
  const note = others > 0 ? ` (and ${others} more, up to node_rank ${others}: see plan.command)` : "";
  return factsBundle(`Command, for a run folder runs/NAME${note}`, [
    [others > 0 ? first.replace(/^# /, "") : "here", second ?? first],
  ]);
}

/** Summary, what the plan changed in the configuration, findings, and the first node's command. */
export function planBundle(plan: Plan): MimeBundle {
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
  return joinBundles([
    factsBundle("Plan", planFacts(plan)),
    ...(plan.changes.length > 0 ? [changes] : []),
    ...(plan.issues.length > 0 ? [issuesBundle(plan.issues)] : []),
    commandBundle(plan),
  ]);
}
