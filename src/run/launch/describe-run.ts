import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../core/package-root.js";
import type { NodeCommand } from "../../plan/command/command.js";
import type { RunIdentity } from "../record/identity.js";
import { layoutVersion } from "../record/layout.js";
import { launcherOption } from "../record/node-command.js";
import { fingerprintOf, type RunFile } from "../record/run-file.js";
import { type LaunchablePlan, lossRankOf } from "./launchable.js";

function packageVersion(): string {
  return String(JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version);
}

/** Versions that a run records. */
export function softwareVersions(): Readonly<Record<string, string>> {
  return { "mindformers-lab": packageVersion(), node: process.versions.node };
}

/** What run.json says of an attempt. */
export function describeRun(
  plan: LaunchablePlan,
  commands: readonly NodeCommand[],
  about: Pick<
    RunFile,
    "name" | "attempt" | "parent" | "override" | "lease" | "recovery" | "certificate" | "compare"
  > & {
    readonly id: string;
    readonly folder: string;
    readonly localNode: number;
    readonly identity: RunIdentity;
  },
): RunFile {
  const worldSize = Number(commands[0] && launcherOption(commands[0], "worker_num")) || 1;
  const parent = about.parent ? JSON.stringify([about.parent.folder, about.parent.step]) : "";
  return {
    layout: layoutVersion,
    id: about.id,
    name: about.name,
    folder: about.folder,
    worldSize,
    createdAt: Date.now(),
    attempt: about.attempt,
    host: hostname(),
    identity: about.identity,
    fingerprint: fingerprintOf(plan.config.text + parent, commands, about.folder),
    ...(plan.totalSteps !== undefined && { totalSteps: plan.totalSteps }),
    ...(plan.tokensPerStep !== undefined && { tokensPerStep: plan.tokensPerStep }),
    lossRank: lossRankOf(plan.config, worldSize),
    localNode: about.localNode,
    commands,
    cluster: plan.cluster,
    versions: softwareVersions(),
    ...(about.parent && { parent: about.parent }),
    ...(about.override && { override: about.override }),
    ...(about.lease !== undefined && { lease: about.lease }),
    ...(about.recovery && { recovery: about.recovery }),
    ...(about.certificate && { certificate: about.certificate }),
    ...(about.compare && { compare: about.compare }),
  };
}
