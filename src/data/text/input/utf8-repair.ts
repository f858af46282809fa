/** What to do with bytes that are not UTF-8, and with JSON escapes that are half of a character. */
export type EncodingPolicy = "error" | "replace" | "skip";

/**
 * Valid UTF-8 out of `bytes`: every maximal sequence that begins no character becomes U+FFFD ("replace") or goes away
 * ("skip"), as in Python's `errors="replace"` and `"ignore"`. `bad` counts these sequences.
 */
export function repairUtf8(
  bytes: Uint8Array,
  policy: EncodingPolicy,
): { readonly bytes: Buffer; readonly bad: number } {
  const parts: Buffer[] = [];
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let good = 0;
  let bad = 0;
  for (let at = 0; at < bytes.length; ) {
    const { width, valid } = sequenceAt(bytes, at);
    if (!valid) {
      parts.push(source.subarray(good, at));
      if (policy === "replace") parts.push(replacement);
      bad++;
      good = at + width;
    }
    at += width;
  }
  parts.push(source.subarray(good));
  return { bytes: Buffer.concat(parts), bad };
}

const replacement = Buffer.from("\ufffd");

/** The character at `at`, or the longest beginning of one (at least one byte). */
export function sequenceAt(bytes: Uint8Array, at: number): { readonly width: number; readonly valid: boolean } {
  const first = bytes[at] as number;
  if (first < 0x80) return { width: 1, valid: true };
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length === 0) return { width: 1, valid: false };
  let lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let width = 1; width < length; width++) {
    const byte = bytes[at + width] ?? 0;
    if (byte < lowest || byte > highest) return { width, valid: false };
    lowest = 0x80;
    highest = 0xbf;
  }
  return { width: length, valid: true };
}
