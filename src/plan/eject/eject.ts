import type { Config } from "../../config/config.js";
import { invalidArgument } from "../../core/arguments.js";
import { requireOptions } from "../../core/options/option-names.js";
import type { ResolvedCluster } from "../command/cluster.js";
import type { CommandPlace, NodeCommand } from "../command/command.js";
import { Ejected } from "./ejected.js";
import { kubernetesFiles } from "./kubernetes.js";
import type { EjectSource } from "./node-script.js";
import { type EjectOptions, type EjectSettings, type EjectTarget, ejectOptionNames, ejectSettings } from "./options.js";
import { type EjectText, launcherFiles, msrunFiles, slurmFiles } from "./scripts.js";

/** What ejecting needs of a plan. */
export interface EjectablePlan {
  readonly config: Config;
  readonly cluster: ResolvedCluster;
  commands(place: CommandPlace): readonly NodeCommand[];
}

const targets: Readonly<
  Record<EjectTarget, readonly [title: string, (source: EjectSource, settings: EjectSettings) => EjectText]>
> = {
  msrun: ["msrun, one script per node", msrunFiles],
  launcher: ["MindFormers' msrun_launcher.sh, one script per node", launcherFiles],
  slurm: ["a Slurm batch job", slurmFiles],
  kubernetes: ["a Volcano job for Kubernetes", kubernetesFiles],
};

const engineNote =
  "the files name extensions/engine of this project: on a CPU, MindFormers needs its substitutes for missing operators";

/** The plan as files for another way to start it. @throws ARGUMENT_INVALID for an unknown target or unusable option. */
export function ejectPlan(plan: EjectablePlan, target: EjectTarget, options: EjectOptions): Ejected {
  if (!Object.hasOwn(targets, target))
    throw invalidArgument({
      ...{ call: "plan.eject, target", expected: Object.keys(targets).join(", "), found: target },
      example: 'plan.eject("msrun")',
    });
  requireOptions(options, "plan.eject", {
    names: ejectOptionNames,
    example: 'plan.eject("slurm", { name: "wiki", folder: "/shared/runs/wiki" })',
  });
  const settings = ejectSettings(target, options);
  const { cluster } = plan;
  const source: EjectSource = {
    config: plan.config,
    device: cluster.device,
    devices: cluster.devices,
    devicesPerNode: cluster.devicesPerNode,
    nodes: cluster.nodes,
    port: cluster.port,
    python: cluster.python,
    slurm: cluster.access?.slurm ?? {},
    commands: plan.commands({ runFolder: settings.folder, attempt: 1 }),
  };
  const [title, files] = targets[target];
  const text = files(source, settings);
  const notes = cluster.device === "CPU" ? [...text.notes, engineNote] : text.notes;
  return new Ejected(`${settings.name}: ${title}`, text.files, notes);
}
