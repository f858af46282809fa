/**
 * Characters that Python's `\s` and `str.strip` take for whitespace, in UTF-8: among them U+001C to U+001F and
 * U+0085, not U+FEFF.
 */
const ascii = new Uint8Array(128);
for (const byte of [9, 10, 11, 12, 13, 28, 29, 30, 31, 32]) ascii[byte] = 1;

/** Bytes of the whitespace character that begins at `at`; 0 if there is none. */
export function spaceAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const first = bytes[at] as number;
  if (first < 0x80) return ascii[first] as number;
  const second = bytes[at + 1];
  if (first === 0xc2) return at + 1 < end && (second === 0x85 || second === 0xa0) ? 2 : 0;
  if (at + 2 >= end) return 0;
  const third = bytes[at + 2] as number;
  if (first === 0xe2 && second === 0x80)
    return (third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf ? 3 : 0;
  const rest = (first << 16) | ((second as number) << 8) | third;
  return rest === 0xe19a80 || rest === 0xe2819f || rest === 0xe38080 ? 3 : 0;
}

/** Bytes of the whitespace character that ends just before `at`; 0 if there is none. */
export function spaceBefore(bytes: Uint8Array, at: number, start: number): number {
  if (at <= start) return 0;
  const last = bytes[at - 1] as number;
  if (last < 0x80) return ascii[last] as number;
  for (const width of [2, 3]) if (at - width >= start && spaceAt(bytes, at - width, at) === width) return width;
  return 0;
}

/** Position of the first byte that is not part of leading whitespace. */
export function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (let width = spaceAt(bytes, at, end); width > 0; width = spaceAt(bytes, at, end)) at += width;
  return at;
}
