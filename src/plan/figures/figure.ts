import { displayKey, type MimeBundle } from "../../view/display-contract.js";

/** A figure of a plan; drawn when it is shown. */
export class PlanFigure {
  readonly #draw: () => MimeBundle;

  /** @internal Use plan.meshFigure, plan.memoryFigure or plan.timelineFigure. */
  constructor(draw: () => MimeBundle) {
    this.#draw = draw;
  }

  [displayKey](): MimeBundle {
    return this.#draw();
  }
}
