import type { Config } from "../config/config.js";
import type { Mesh } from "../config/settings.js";
import type { Issue } from "../core/error.js";
import type { MemoryEstimate } from "../model/memory.js";
import type { ParameterCount } from "../model/parameters.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import type { PlanChange } from "./changes.js";
import type { ResolvedCluster } from "./cluster.js";
import { type CommandPlace, type CommandSettings, type NodeCommand, nodeCommands, shellText } from "./command.js";
import type { PlanDisk } from "./disk.js";
import { ejectPlan } from "./eject/eject.js";
import type { Ejected } from "./eject/ejected.js";
import type { EjectOptions, EjectTarget } from "./eject/options.js";
import { memoryFigureBundle } from "./memory-figure.js";
import { type MeshFigureOptions, meshFigureBundle } from "./mesh-figure.js";
import type { PlanPipeline } from "./pipeline-settings.js";
import { PlanFigure } from "./plan-figure.js";
import type { PlanReliability } from "./plan-values.js";
import type { PlanDuration } from "./speed.js";
import { timelineFigureBundle } from "./timeline-figure.js";
import { planBundle } from "./view.js";

/** The values of a plan, computed by `planRun`. */
export interface PlanValues {
  /** A copy of the configuration with `changes` applied; it is what the workers get. */
  readonly config: Config;
  readonly cluster: ResolvedCluster;
  /** What the plan set in its copy, and why. */
  readonly changes: readonly PlanChange[];
  readonly mesh: Mesh;
  /** Samples of one optimizer step. */
  readonly globalBatchSize: number;
  /** The product that gives it. */
  readonly batchArithmetic: string;
  /** Undefined if the number of samples is only known when the data is read. */
  readonly stepsPerEpoch: number | undefined;
  readonly totalSteps: number | undefined;
  readonly epochs: number;
  readonly sequenceLength: number | undefined;
  readonly tokensPerStep: number | undefined;
  readonly totalTokens: number | undefined;
  /** Undefined for models other than DeepSeek-V3. */
  readonly parameters: ParameterCount | undefined;
  /** Forward and backward, recomputation not counted. */
  readonly flopsPerToken: number | undefined;
  /** Estimated bytes of one full checkpoint (weights and both Adam moments), all ranks' files together. */
  readonly checkpointBytes: number | undefined;
  /** Disk space of checkpoints and logs. */
  readonly disk: PlanDisk;
  /** Time without failures; undefined if the speed is neither given nor can be estimated. */
  readonly duration: PlanDuration | undefined;
  /** Failures to expect and the best interval between checkpoints; undefined if the duration is not known. */
  readonly reliability: PlanReliability | undefined;
  /** Undefined with one stage. */
  readonly pipeline: PlanPipeline | undefined;
  /** Estimated memory of a device of every stage; undefined for models whose size is not computed. */
  readonly memory: MemoryEstimate | undefined;
  /** All findings, errors first. */
  readonly issues: readonly Issue[];
  /** Findings that keep the run from starting; only in plans made with `onErrors: "show"`. `launchRun` refuses such a plan. */
  readonly errors: readonly Issue[];
  readonly commandSettings: CommandSettings;
}

/** What a run will be, before anything starts. Shown as a table. `launchRun(plan, …)` carries it out. */
export interface Plan extends PlanValues {
  /** The exact program call of every node; pure but for the default of `environment`. */
  commands(place: CommandPlace): NodeCommand[];
  /** The calls as text to read and copy, one per node, for the run folder `runs/NAME`. */
  readonly command: string;
  /** The plan as files that start it without this project: for `msrun`, MindFormers' launcher script, Slurm or Kubernetes. */
  eject(target: EjectTarget, options?: EjectOptions): Ejected;
  /** Nodes × devices, coloured by stage or by another axis. */
  meshFigure(options?: MeshFigureOptions): PlanFigure;
  /** Memory of a device of every stage, by kind, against the limit. @throws ARGUMENT_INVALID for models whose size is not computed. */
  memoryFigure(): PlanFigure;
  /** One optimizer step of the pipeline, with its bubble. @throws ARGUMENT_INVALID without a pipeline. */
  timelineFigure(): PlanFigure;
  [displayKey](): MimeBundle;
}

export function makePlan(values: PlanValues): Plan {
  const commands = (place: CommandPlace): NodeCommand[] => nodeCommands(values.commandSettings, place);
  return {
    ...values,
    commands,
    get command() {
      return shellText(commands({ runFolder: "runs/NAME", attempt: 1 }), values.cluster.python);
    },
    eject(target, options = {}) {
      return ejectPlan({ ...values, commands }, target, options);
    },
    meshFigure(options) {
      const bundle = meshFigureBundle(this, options);
      return new PlanFigure(() => bundle);
    },
    memoryFigure() {
      const bundle = memoryFigureBundle(this);
      return new PlanFigure(() => bundle);
    },
    timelineFigure() {
      const bundle = timelineFigureBundle(this);
      return new PlanFigure(() => bundle);
    },
    [displayKey]() {
      return planBundle(this);
    },
  };
}
