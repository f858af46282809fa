/**
 * CRC-32 (zlib's) of two blocks one after the other, from the CRC of each and the length of the second, in O(log
 * length).
 */
export function combineCrc(first: number, second: number, secondBytes: number): number {
  if (secondBytes === 0) return first >>> 0;
  let matrix = oneZeroBit();
  // One bit squared three times is one byte of zeros.
  for (let i = 0; i < 3; i++) matrix = square(matrix);
  let crc = first | 0;
  for (let rest = secondBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = times(matrix, crc);
    matrix = square(matrix);
  }
  return (crc ^ second) >>> 0;
}

/** Effect of one zero bit on a reflected CRC-32 register, as a matrix over GF(2): column i is the image of bit i. */
function oneZeroBit(): Int32Array {
  const matrix = new Int32Array(32);
  matrix[0] = 0xedb88320 | 0;
  for (let i = 1; i < 32; i++) matrix[i] = 1 << (i - 1);
  return matrix;
}

function times(matrix: Int32Array, vector: number): number {
  let sum = 0;
  for (let i = 0, rest = vector >>> 0; rest !== 0; i++, rest >>>= 1) if (rest & 1) sum ^= matrix[i] as number;
  return sum;
}

function square(matrix: Int32Array): Int32Array {
  return matrix.map((column) => times(matrix, column));
}
