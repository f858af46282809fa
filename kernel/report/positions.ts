/**
 * Jupyter counts cursor positions in Unicode code points (protocol ≥ 5.2), JavaScript and TypeScript in UTF-16 code
 * units. Positions outside of the text are moved to its nearer end; a lone surrogate counts as one code point.
 */

/** Code points before the cursor → code units before it. */
export function toCodeUnits(text: string, codePoints: number): number {
  let units = 0;
  let left = codePoints;
  for (const character of text) {
    if (left <= 0) break;
    units += character.length;
    left -= 1;
  }
  return units;
}

/** Code units before the cursor → code points before it; a cursor inside a surrogate pair counts the pair. */
export function toCodePoints(text: string, codeUnits: number): number {
  let points = 0;
  let units = 0;
  for (const character of text) {
    if (units >= codeUnits) break;
    units += character.length;
    points += 1;
  }
  return points;
}
