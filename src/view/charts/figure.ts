import type { Curve } from "./curve.js";

/** A chart ready for drawing: everything shortened and bounded, curves thinned out. */
export interface LineFigure {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly log: boolean;
  /** Pixels. */
  readonly height: number;
  readonly curves: readonly Curve[];
  readonly markers: readonly { readonly x: number; readonly label: string }[];
  /** Small print under the chart. */
  readonly notes: readonly string[];
}

// Okabe and Ito's colours for all kinds of colour vision, without their yellow (too light on white); black last.
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"] as const;
// After one round of colours the dashes change, so that no two of 21 lines look alike.
const dashes = ["solid", "dash", "dot"] as const;

/** Look of the i-th line, the same in every renderer. */
export function lineStyle(index: number): { readonly colour: string; readonly dash: (typeof dashes)[number] } {
  return {
    colour: colours[index % colours.length] as string,
    dash: dashes[Math.floor(index / colours.length) % dashes.length] as (typeof dashes)[number],
  };
}

/** Most lines of one chart; as many as can be told apart. */
export const maximumLines = colours.length * dashes.length;
