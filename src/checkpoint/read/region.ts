/** A box inside a tensor: begin (inclusive) and end (exclusive) of each dimension. */
export interface Region {
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

export function wholeRegion(shape: readonly number[]): Region {
  return { begin: shape.map(() => 0), end: shape };
}

export function regionShape({ begin, end }: Region): number[] {
  return begin.map((from, axis) => Math.max(0, (end[axis] ?? 0) - from));
}

export function elementsIn(region: Region): number {
  return regionShape(region).reduce((product, size) => product * size, 1);
}

/** The part that two boxes share; undefined if they do not meet. */
export function intersection(a: Region, b: Region): Region | undefined {
  const begin = a.begin.map((from, axis) => Math.max(from, b.begin[axis] ?? 0));
  const end = a.end.map((to, axis) => Math.min(to, b.end[axis] ?? 0));
  return begin.every((from, axis) => from < (end[axis] ?? 0)) ? { begin, end } : undefined;
}

export function shift({ begin, end }: Region, offset: readonly number[], sign: 1 | -1): Region {
  const move = (at: number, axis: number) => at + sign * (offset[axis] ?? 0);
  return { begin: begin.map(move), end: end.map(move) };
}

/** A row-major array of bytes with a shape. */
export interface ShapedBytes {
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
}

/**
 * Copies a box of one array to a place in another; both hold elements of `size` bytes. Runs of whole rows are copied
 * at once.
 */
export function copyRegion(
  source: ShapedBytes & { readonly region: Region },
  target: ShapedBytes & { readonly at: readonly number[] },
  size: number,
): void {
  const { shape: from, region } = source;
  const counts = regionShape(region);
  if (counts.some((count) => count === 0)) return;
  // The innermost dimensions that are whole on both sides form one run.
  let inner = counts.length - 1;
  let run = size * (counts[inner] ?? 1);
  while (inner > 0 && counts[inner] === from[inner] && counts[inner] === target.shape[inner]) {
    inner -= 1;
    run *= counts[inner] ?? 1;
  }
  const sourceStrides = stridesOf(from, size);
  const targetStrides = stridesOf(target.shape, size);
  const copy = copierOf(source.bytes, target.bytes, run);
  const walk = (axis: number, sourceAt: number, targetAt: number): void => {
    const read = sourceAt + (region.begin[axis] ?? 0) * (sourceStrides[axis] ?? 0);
    const write = targetAt + (target.at[axis] ?? 0) * (targetStrides[axis] ?? 0);
    if (axis >= inner) {
      copy(read, write);
      return;
    }
    for (let i = 0; i < (counts[axis] ?? 1); i++) {
      walk(axis + 1, read + i * (sourceStrides[axis] ?? 0), write + i * (targetStrides[axis] ?? 0));
    }
  };
  walk(0, 0, 0);
}

/** Copies `run` bytes. Within one memory that makes no object for each of the many runs of a narrow slice. */
function copierOf(source: Uint8Array, target: Uint8Array, run: number): (from: number, to: number) => void {
  if (source.buffer !== target.buffer) return (from, to) => target.set(source.subarray(from, from + run), to);
  const all = new Uint8Array(source.buffer);
  return (from, to) => {
    const begin = source.byteOffset + from;
    all.copyWithin(target.byteOffset + to, begin, begin + run);
  };
}

/** Bytes from one index of each dimension to the next. */
export function stridesOf(shape: readonly number[], size: number): number[] {
  const strides: number[] = new Array(shape.length);
  let stride = size;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}
