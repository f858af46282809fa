import type { Config } from "../../config/config.js";
import type { Issue } from "../../core/error.js";
import type { Mesh } from "../../model/layout/mesh.js";
import type { MemoryEstimate } from "../../model/memory/estimate.js";
import type { ParameterCount } from "../../model/parameters.js";
import type { ResolvedCluster } from "../command/cluster.js";
import type { CommandSettings } from "../command/command.js";
import type { PlannedTolerance } from "../command/tolerance.js";
import type { PlanDisk } from "./disk.js";
import type { PlanReliability } from "./failures.js";
import type { PlanPipeline } from "./pipeline-settings.js";
import type { PlanDuration } from "./speed.js";

/** A value that the plan set in its copy of the configuration. */
export interface PlanChange {
  readonly path: string;
  readonly was: unknown;
  readonly now: unknown;
  readonly why: string;
}

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
  /** Undefined for models whose size is not computed. */
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
  /** MindSpore's fault tolerance; undefined if the options request none. */
  readonly tolerance: PlannedTolerance | undefined;
  /** All findings, errors first. */
  readonly issues: readonly Issue[];
  /** Absolute paths of the data files that every node reads. */
  readonly dataFiles: readonly string[];
  /**
   * Findings that keep the run from starting; only in plans made with `onErrors: "show"`. `launchRun` refuses such a
   * plan.
   */
  readonly errors: readonly Issue[];
  readonly commandSettings: CommandSettings;
}
