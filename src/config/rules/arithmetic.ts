/** Divisors of n nearest to the wanted value, the nearest first. */
export function nearestDivisors(n: number, wanted: number, count = 2): number[] {
  const divisors: number[] = [];
  for (let low = 1; low * low <= n; low++) if (n % low === 0) divisors.push(low, ...(low * low === n ? [] : [n / low]));
  return divisors.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || a - b).slice(0, count);
}

/** The multiple of `step` (at least one) nearest to the wanted value. */
export function nearestMultiple(step: number, wanted: number): number {
  return Math.max(1, Math.round(wanted / step)) * step;
}

/** "9 / 2 = 4.50, remainder 1". */
export function divisionText(value: number, by: number): string {
  return `${value} / ${by} = ${(value / by).toFixed(2)}, remainder ${value % by}`;
}
