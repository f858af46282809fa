/** Divisors of n nearest to the wanted value, the nearest first. */
export function nearestDivisors(n: number, wanted: number, count = 2): number[] {
  const divisors = Array.from({ length: Math.min(n, 65_536) }, (_, index) => index + 1).filter(
    (value) => n % value === 0,
  );
  return divisors.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || a - b).slice(0, count);
}

/** The line that sets a value. */
export function setLine(path: string, value: unknown): string {
  return `config.set("${path}", ${JSON.stringify(value)})`;
}
