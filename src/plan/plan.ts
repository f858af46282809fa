import type { Config } from "../config/config.js";
import type { Mesh } from "../config/settings.js";
import type { Issue } from "../core/error.js";
import type { ParameterCount } from "../model/parameters.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import type { PlanChange } from "./changes.js";
import type { ResolvedCluster } from "./cluster.js";
import { type CommandPlace, type CommandSettings, type NodeCommand, nodeCommands, shellText } from "./command.js";
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
  /** Warnings and advice; a plan with errors is never made. */
  readonly issues: readonly Issue[];
  readonly commandSettings: CommandSettings;
}

/** What a run will be, before anything starts. Shown as a table. `launchRun(plan, …)` carries it out. */
export interface Plan extends PlanValues {
  /** The exact program call of every node; pure but for the default of `environment`. */
  commands(place: CommandPlace): NodeCommand[];
  /** The calls as text to read and copy, one per node, for the run folder `runs/NAME`. */
  readonly command: string;
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
    [displayKey]() {
      return planBundle(this);
    },
  };
}
