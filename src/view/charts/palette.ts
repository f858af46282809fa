import type { Dash } from "./chart.js";

// Okabe and Ito's colors and lighter kin: neighbors differ for all kinds of color vision.
const cycle = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7a6fac", "#b8b03c"] as const;

/** Colors that follow each other and repeat: for groups of which only the neighbors must be told apart. */
export const cycleLength = cycle.length;

export function cycleColor(index: number): string {
  return cycle[((index % cycle.length) + cycle.length) % cycle.length] as string;
}

// From dark blue over green to yellow, even in lightness (the course of viridis).
const ramp = ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"];

function mix(from: string, to: string, share: number): string {
  const part = (text: string, at: number): number => Number.parseInt(text.slice(at, at + 2), 16);
  const channel = (at: number): string =>
    Math.round(part(from, at) + (part(to, at) - part(from, at)) * share)
      .toString(16)
      .padStart(2, "0");
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** Color of a share from 0 to 1. */
export function rampColor(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const index = Math.min(ramp.length - 2, Math.floor(place));
  return mix(ramp[index] as string, ramp[index + 1] as string, place - index);
}

// Okabe and Ito's colors without their yellow, which is too light on white; gray instead of black, which is unseen on
// dark pages.
const lines = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#767676", "#7a6fac"] as const;
// After one round of colors the dashes change, so that no two of 24 lines look alike; lone points have no dash.
const dashes = ["solid", "dash", "dot"] as const;

/** Look of the i-th line. */
export function lineStyle(index: number): { readonly color: string; readonly dash: Dash } {
  return {
    color: lines[index % lines.length] as string,
    dash: dashes[Math.floor(index / lines.length) % dashes.length] as Dash,
  };
}

/** Most lines of one chart; as many as can be told apart. */
export const maximumLines = lines.length * dashes.length;
