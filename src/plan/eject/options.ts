import { posix, resolve } from "node:path";
import { shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";

/** Ways to carry out a plan without this project. */
export type EjectTarget = "msrun" | "launcher" | "slurm" | "kubernetes";

/** Options of `plan.eject`. */
export interface EjectOptions {
  /** Name of the job: lower-case letters, digits, and hyphens; default "pretrain". */
  readonly name?: string;
  /**
   * Folder on every node (shared storage) that holds the files and takes checkpoints and logs; default: `runs/NAME`
   * made absolute here, on Kubernetes `/mnt/runs/NAME` in the volume.
   */
  readonly folder?: string;
  /**
   * Checkout of MindFormers 1.9 on every node, with `run_mindformer.py` and `scripts/`; default "/opt/mindformers". Not
   * used on CPU.
   */
  readonly mindformers?: string;
  /**
   * Slurm: partition, account, time limit (`"2-00:00:00"`) and generic resources (such as `"npu:8"`), as the site calls
   * them; default: those of the plan's `cluster.slurm`.
   */
  readonly partition?: string;
  readonly account?: string;
  readonly timeLimit?: string;
  readonly gres?: string;
  /** Kubernetes: container image with MindSpore and MindFormers; necessary. */
  readonly image?: string;
  readonly namespace?: string;
  /** Kubernetes: Volcano queue, default "default". */
  readonly queue?: string;
  /** Kubernetes: PersistentVolumeClaim of the shared storage, mounted at `/mnt`; default "training-data". */
  readonly claim?: string;
  /** Kubernetes: resource name of the device plug-in, default "huawei.com/Ascend910". */
  readonly deviceResource?: string;
}

/** Options with every default filled in. */
export interface EjectSettings extends EjectOptions {
  readonly name: string;
  readonly folder: string;
  readonly mindformers: string;
}

function refuse(option: string, expected: string, found: unknown): LabError {
  return new LabError("ARGUMENT_INVALID", `eject ${option}: expected ${expected}, found ${shownValue(found)}`, {
    hint: 'plan.eject("slurm", { name: "deepseek-671b", folder: "/shared/runs/deepseek-671b" })',
    details: { option, found },
  });
}

const oneLine: readonly (keyof EjectOptions)[] = [
  "folder",
  "mindformers",
  "partition",
  "account",
  "timeLimit",
  "gres",
  "image",
  "namespace",
  "queue",
  "claim",
  "deviceResource",
];

export const ejectOptionNames: readonly (keyof EjectOptions)[] = ["name", ...oneLine];

/** Checks the options; throws ARGUMENT_INVALID. */
export function ejectSettings(target: EjectTarget, options: EjectOptions): EjectSettings {
  const name = options.name ?? "pretrain";
  if (typeof name !== "string" || !/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(name))
    throw refuse("name", "lower-case letters, digits, and hyphens, at most 42", name);
  for (const option of oneLine) {
    const value = options[option];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a line end or a null byte would end the word in a script
    if (value !== undefined && (typeof value !== "string" || value === "" || /[\u0000-\u001f\u007f]/.test(value)))
      throw refuse(option, "text of one line", value);
  }
  const folder = options.folder ?? (target === "kubernetes" ? `/mnt/runs/${name}` : resolve("runs", name));
  if (!posix.isAbsolute(folder)) throw refuse("folder", "an absolute path, the same on every node", folder);
  const mindformers = options.mindformers ?? "/opt/mindformers";
  if (!posix.isAbsolute(mindformers))
    throw refuse("mindformers", "an absolute path, the same on every node", mindformers);
  return { ...options, name, folder, mindformers };
}
