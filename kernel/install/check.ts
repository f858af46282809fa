/** One thing that was looked at. */
export interface Check {
  readonly what: string;
  readonly isGood: boolean;
  /** What was found; if it is not good, also what was expected. */
  readonly found: string;
  /** One line to type. */
  readonly cure?: string;
}

export const good = (what: string, found: string): Check => ({ what, isGood: true, found });
export const bad = (what: string, found: string, cure: string): Check => ({ what, isGood: false, found, cure });

/** `✓ zeromq: 6.5.0`; what is not good has its cure on a line of its own. */
export function formatCheck({ what, isGood, found, cure }: Check): string {
  return `${isGood ? "✓" : "✗"} ${what}: ${found}${cure === undefined ? "" : `\n    fix: ${cure}`}`;
}
