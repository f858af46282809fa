import type { ByteSource } from "../core/bytes.js";
import { FormatError } from "../core/error.js";

/**
 * numpy's `.npy` files, version 1.0, C order, little-endian integers: the ones in which the engine keeps its indices.
 * The header is what
 * `numpy.save` of numpy ≥ 1.23 writes to the byte: 21 characters are kept free for a growing first axis, the data
 * begins at a multiple of 64.
 * Source: numpy/lib/format.py.
 */
export type NpyType = "<i2" | "<i4" | "<u4" | "<i8";

const sizes: Readonly<Record<NpyType, number>> = { "<i2": 2, "<i4": 4, "<u4": 4, "<i8": 8 };
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
const align = 64;
const growthDigits = 21;

export interface NpyShape {
  readonly type: NpyType;
  readonly shape: readonly number[];
}

/** Bytes of the whole file. */
export function npyBytes(array: NpyShape): number {
  return npyHeader(array).byteLength + array.shape.reduce((product, size) => product * size, sizes[array.type]);
}

/** The bytes before the data. */
export function npyHeader({ type, shape }: NpyShape): Uint8Array {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const room = shape.length === 0 ? 0 : Math.max(0, growthDigits - String(shape[0]).length);
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }${" ".repeat(room)}`;
  const unpadded = magic.length + 2 + dictionary.length + 1;
  const text = `${dictionary}${" ".repeat(align - (unpadded % align))}\n`;
  const header = new Uint8Array(magic.length + 2 + text.length);
  header.set(magic);
  header.set([text.length & 255, text.length >> 8], magic.length);
  header.set(new TextEncoder().encode(text), magic.length + 2);
  return header;
}

export interface NpyHeader extends NpyShape {
  /** Where the data begins. */
  readonly offset: number;
}

const headerPattern =
  /^\{'descr': '([<|][iu][1248])', 'fortran_order': (False|True), 'shape': \(((?:\d+, )*\d*)(?:,)?\), ?\} *\n$/;

/**
 * Reads and checks the header, and that the file has exactly the bytes that its shape needs. Throws NPY_INVALID with
 * file and offset.
 */
export async function readNpyHeader(source: ByteSource): Promise<NpyHeader> {
  const start = magic.length + 2;
  if (source.byteLength < start)
    throw invalid(source, source.byteLength, `expected ${start} bytes or more, found ${source.byteLength}`);
  const first = await source.slice(0, start);
  const wrong = magic.findIndex((byte, i) => first[i] !== byte);
  if (wrong >= 0) throw invalid(source, wrong, "expected a numpy array of version 1.0 (\\x93NUMPY\\x01\\x00)");
  const offset = start + (first[8] as number) + 256 * (first[9] as number);
  if (source.byteLength < offset)
    throw invalid(source, source.byteLength, `expected a header of ${offset} bytes, found ${source.byteLength}`);
  const text = new TextDecoder("latin1").decode(await source.slice(start, offset));
  const match = headerPattern.exec(text);
  const type = match?.[1] as NpyType | undefined;
  if (!match || type === undefined || sizes[type] === undefined || match[2] === "True")
    throw invalid(
      source,
      start,
      `expected an array of ${Object.keys(sizes).join(", ")} in C order, found ${JSON.stringify(text.trim())}`,
    );
  const shape = (match[3] as string)
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  const expected = shape.reduce((product, size) => product * size, sizes[type]);
  if (source.byteLength - offset !== expected) {
    const sum = `${[...shape, sizes[type]].join(" × ")} = ${expected}`;
    throw invalid(
      source,
      Math.min(source.byteLength, offset + expected),
      `expected ${sum} bytes of data, found ${source.byteLength - offset}`,
    );
  }
  return { type, shape, offset };
}

function invalid(source: ByteSource, offset: number, found: string): FormatError {
  return new FormatError("NPY_INVALID", `array ${source.name}, offset ${offset}: ${found}`, {
    hint: `remove it: rm ${JSON.stringify(source.name)}; the engine makes its indices again`,
    file: source.name,
    offset,
  });
}
