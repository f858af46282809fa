// Okabe and Ito's colours and lighter kin: neighbours differ for all kinds of colour vision.
const cycle = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7a6fac", "#b8b03c"] as const;

/** Colours that follow each other and repeat: for groups of which only the neighbours must be told apart. */
export const cycleLength = cycle.length;

export function cycleColour(index: number): string {
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

/** Colour of a share from 0 to 1. */
export function rampColour(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const index = Math.min(ramp.length - 2, Math.floor(place));
  return mix(ramp[index] as string, ramp[index + 1] as string, place - index);
}
