import type { Figure } from "../view/charts/figure.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { type CommandPlace, type NodeCommand, nodeCommands, shellText } from "./command/command.js";
import { ejectPlan } from "./eject/eject.js";
import type { Ejected } from "./eject/ejected.js";
import type { EjectOptions, EjectTarget } from "./eject/options.js";
import type { PlanValues } from "./estimate/values.js";
import { memoryFigure } from "./figures/memory.js";
import { type MeshFigureOptions, meshFigure } from "./figures/mesh.js";
import { timelineFigure } from "./figures/timeline.js";
import { planBundle } from "./view.js";

/** What a run will be, before anything starts. Shown as a table. `launchRun(plan, …)` carries it out. */
export interface Plan extends PlanValues {
  /** The exact program call of every node; pure except for the default of `environment`. */
  commands(place: CommandPlace): NodeCommand[];
  /** The calls as text to read and copy, one per node, for the run folder `runs/NAME`. */
  readonly command: string;
  /**
   * The plan as files that start it without this project: for `msrun`, MindFormers' launcher script, Slurm or
   * Kubernetes.
   */
  eject(target: EjectTarget, options?: EjectOptions): Ejected;
  /** Nodes × devices, colored by stage or by another axis. */
  meshFigure(options?: MeshFigureOptions): Figure;
  /**
   * Memory of a device of every stage, by kind, against the limit. @throws ARGUMENT_INVALID for models whose size is
   * not computed.
   */
  memoryFigure(): Figure;
  /** One optimizer step of the pipeline, with its bubble. @throws ARGUMENT_INVALID without a pipeline. */
  timelineFigure(): Figure;
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
      return meshFigure(this, options);
    },
    memoryFigure() {
      return memoryFigure(this);
    },
    timelineFigure() {
      return timelineFigure(this);
    },
    [displayKey]() {
      return planBundle(this);
    },
  };
}
