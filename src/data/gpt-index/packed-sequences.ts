/**
 * Sequence numbers with their lengths beside them: two words each, so that shuffling brings the lengths along.
 * Looking them up afterwards, in the order of the shuffle, would cost a cache miss each and as much time as the
 * shuffle itself.
 *
 * First word: the number (31 bits) and the lowest bit of the length. Second word: the other 30 bits of the length.
 * Read as a floating-point number, such a pair never is NaN (two bits of the exponent stay clear or the number is
 * small), so it may be moved as one without being changed.
 */
export type PackedSequences = Int32Array;

const numberBits = 0x7fffffff;

/** The sequences from `begin` to `end` (exclusive), in order, `epochs` times. Numbers and lengths: 0 to 2^31 − 1. */
export function packSequences(
  { lengths, begin, end }: { readonly lengths: Int32Array; readonly begin: number; readonly end: number },
  epochs: number,
): PackedSequences {
  const each = 2 * (end - begin);
  const words = new Int32Array(each * epochs);
  for (let i = begin, at = 0; i < end; i++, at += 2) {
    const length = lengths[i] as number;
    words[at] = i | (length << 31);
    words[at + 1] = length >>> 1;
  }
  for (let epoch = 1; epoch < epochs; epoch++) words.copyWithin(epoch * each, 0, each);
  return words;
}

/** The same memory, one number per pair, to be shuffled. */
export function pairsOf(words: PackedSequences): Float64Array {
  return new Float64Array(words.buffer, words.byteOffset, words.length >> 1);
}

export function numbersOf(words: PackedSequences): Int32Array {
  const numbers = new Int32Array(words.length >> 1);
  for (let i = 0; i < numbers.length; i++) numbers[i] = (words[2 * i] as number) & numberBits;
  return numbers;
}

/** Tokens of the sequence whose first word stands at `at`. */
export function lengthAt(words: PackedSequences, at: number): number {
  return ((words[at + 1] as number) << 1) | ((words[at] as number) >>> 31);
}
