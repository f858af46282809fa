import { shortExponent } from "../text.js";

/**
 * Round positions for a linear axis inside [low, high]: steps of 1, 2, 2.5 or 5 times a power of ten, about `target` of
 * them. `integer`: no steps below 1.
 */
export function linearTicks(low: number, high: number, options: { target: number; integer?: boolean }): number[] {
  const rough = (high - low) / options.target;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999) ?? rough;
  if (options.integer) step = Math.max(1, step === 2.5 ? 5 : step);
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) ticks.push(cleanNumber(k * step));
  return ticks;
}

/**
 * Positions for a logarithmic axis inside [low, high]: powers of ten (every second, third, … one if there are more than
 * `target`); if the range holds fewer than three of them, also 2 and 5, then all digits, then linear steps.
 */
export function logTicks(low: number, high: number, target: number): number[] {
  const from = Math.ceil(Math.log10(low) - 1e-9);
  const to = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.max(1, Math.ceil((to - from) / Math.max(target, 3)));
  const powers: number[] = [];
  for (let power = from; power <= to; power += stride) powers.push(cleanNumber(10 ** power));
  if (powers.length >= 3) return powers;
  for (const digits of [
    [1, 2, 5],
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  ]) {
    const ticks: number[] = [];
    for (let power = from - 1; power <= to; power++)
      ticks.push(...digits.map((digit) => cleanNumber(digit * 10 ** power)));
    const inside = ticks.filter((tick) => tick >= low && tick <= high);
    if (inside.length >= 3) return inside;
  }
  return linearTicks(low, high, { target });
}

function cleanNumber(value: number): number {
  return Number(value.toPrecision(12));
}

const units = [
  { size: 1e12, name: "T" },
  { size: 1e9, name: "B" },
  { size: 1e6, name: "M" },
  { size: 1e3, name: "k" },
];

/**
 * Labels for positions: as few digits as tell them apart; from 100,000 on with k, M, B or T (10^3, 10^6, 10^9, 10^12).
 */
export function tickLabels(ticks: readonly number[]): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  if (largest >= 1e16 || (largest > 0 && largest < 1e-3)) {
    return ticks.map((tick) => (tick === 0 ? "0" : shortExponent(tick.toExponential(3))));
  }
  const unit = largest >= 1e5 ? units.find(({ size }) => largest >= size) : undefined;
  const scale = unit?.size ?? 1;
  const gap =
    ticks.length > 1 ? Math.abs((ticks[1] as number) - (ticks[0] as number)) / scale : Math.abs(largest / scale);
  let digits = 0;
  const exact = (value: number) => Math.abs(Number(value.toFixed(digits)) - value) <= gap * 1e-3;
  while (digits < 12 && !ticks.every((tick) => exact(tick / scale))) digits += 1;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return ticks.map((tick) =>
    tick === 0 ? "0" : `${(tick / scale).toLocaleString("en-US", format).replace("-", "−")}${unit?.name ?? ""}`,
  );
}
