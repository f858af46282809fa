import type { StepRecord } from "./events.js";

// A step is 96 bytes, little-endian, in memory as on disk:
// 0 time · 8 loss · 16 lmLoss · 24 mtpLoss · 32 loadBalancingLoss · 40 gradNorm · 48 learningRate · 56 lossScale · 64
// logOffset (float64)
// 72 step · 76 totalSteps · 80 epoch (uint32) · 84 attempt · 86 flags (uint16) · 88 stepTimeMs (float32) · 92 check
// (uint32) Flags: bit 0 overflow is known, bit 1 overflow, bits 2 to 7 presence of lmLoss … lossScale. `check` is
// FNV-1a over the first 23 words.

/** Bytes of one step. */
export const stepBytes = 96;
const words = stepBytes / 4;
const rowsPerChunk = 8192;

const optional = ["lmLoss", "mtpLoss", "loadBalancingLoss", "gradNorm", "learningRate", "lossScale"] as const;

/** Columns with one number a step; NaN where the step did not report it. */
export type StepColumn = "time" | "loss" | (typeof optional)[number] | "step" | "stepTimeMs" | "attempt";

const floats: Partial<Record<StepColumn, number>> = {
  time: 0,
  loss: 8,
  lmLoss: 16,
  mtpLoss: 24,
  loadBalancingLoss: 32,
  gradNorm: 40,
  learningRate: 48,
  lossScale: 56,
};

function checkOf(view: DataView, at: number): number {
  let hash = 0x811c9dc5;
  for (let word = 0; word < words - 1; word += 1)
    hash = Math.imul(hash ^ view.getUint32(at + word * 4, true), 0x01000193);
  return hash >>> 0;
}

/** Writes a step as 96 bytes. `logOffset`: bytes of the worker's log that had been read when the step was recorded. */
export function encodeStep(record: StepRecord, logOffset: number): Buffer {
  const bytes = Buffer.alloc(stepBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, stepBytes);
  let flags = record.overflow === undefined ? 0 : record.overflow ? 3 : 1;
  view.setFloat64(0, record.time, true);
  view.setFloat64(8, record.loss, true);
  for (const [index, name] of optional.entries()) {
    const value = record[name];
    if (value !== undefined) flags |= 4 << index;
    view.setFloat64(16 + index * 8, value ?? Number.NaN, true);
  }
  view.setFloat64(64, logOffset, true);
  view.setUint32(72, record.step, true);
  view.setUint32(76, record.totalSteps, true);
  view.setUint32(80, record.epoch, true);
  view.setUint16(84, record.attempt, true);
  view.setUint16(86, flags, true);
  view.setFloat32(88, record.stepTimeMs, true);
  view.setUint32(92, checkOf(view, 0), true);
  return bytes;
}

function decodeStep(view: DataView, at: number): StepRecord {
  const flags = view.getUint16(at + 86, true);
  const values: Partial<Record<(typeof optional)[number], number>> = {};
  for (const [index, name] of optional.entries())
    if (flags & (4 << index)) values[name] = view.getFloat64(at + 16 + index * 8, true);
  return {
    time: view.getFloat64(at, true),
    attempt: view.getUint16(at + 84, true),
    step: view.getUint32(at + 72, true),
    totalSteps: view.getUint32(at + 76, true),
    epoch: view.getUint32(at + 80, true),
    loss: view.getFloat64(at + 8, true),
    ...values,
    ...(flags & 1 && { overflow: (flags & 2) !== 0 }),
    stepTimeMs: view.getFloat32(at + 88, true),
  };
}

/** The steps of a file as they were written, also those that a later attempt did again. Damaged ones are skipped. */
export function readSteps(bytes: Buffer): StepRecord[] {
  const { view } = chunkOf(bytes);
  const steps: StepRecord[] = [];
  for (let at = 0; at + stepBytes <= bytes.length; at += stepBytes)
    if (checkOf(view, at) === view.getUint32(at + 92, true)) steps.push(decodeStep(view, at));
  return steps;
}

interface Chunk {
  readonly bytes: Buffer;
  readonly view: DataView;
}

function chunkOf(bytes: Buffer): Chunk {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * Steps of a run by rising global step, 96 bytes each. A step that a later attempt did again replaces that step and
 * all later ones, so that the curve never goes back; a step that was missing is put where it belongs.
 */
export class StepTable {
  readonly #chunks: Chunk[] = [];
  readonly #rows: number;
  length = 0;
  /** Records whose bytes were damaged, and therefore skipped. */
  damaged = 0;

  /** `rows`: how many steps memory is taken for at a time. */
  constructor(rows: number = rowsPerChunk) {
    this.#rows = rows;
  }

  /** Adds records as they are in a file. */
  addBytes(bytes: Buffer): void {
    const source = chunkOf(bytes);
    for (let at = 0; at + stepBytes <= bytes.length; at += stepBytes) {
      if (checkOf(source.view, at) === source.view.getUint32(at + 92, true)) this.#add(source, at);
      else this.damaged += 1;
    }
  }

  add(record: StepRecord, logOffset = 0): void {
    this.#add(chunkOf(encodeStep(record, logOffset)), 0);
  }

  #add(source: Chunk, at: number): void {
    const step = source.view.getUint32(at + 72, true);
    if (this.length > 0 && this.#word(this.length - 1, 72) >= step) this.#addEarlier(step, source, at);
    else this.#append(source, at);
  }

  #append(source: Chunk, at: number): void {
    this.length += 1;
    this.#copy(this.length - 1, source, at);
  }

  /** A step that is not after the last one: done again by a later attempt, or missing so far. */
  #addEarlier(step: number, source: Chunk, at: number): void {
    const place = this.indexOf(step);
    const there = this.#locate(place);
    const [attempt, present] = [source.view.getUint16(at + 84, true), there.chunk.view.getUint16(there.at + 84, true)];
    if (present > attempt) return;
    if (present < attempt) {
      this.length = place;
      this.#append(source, at);
    } else if (this.#word(place, 72) === step) this.#copy(place, source, at);
    else this.#insert(place, source, at);
  }

  #insert(place: number, source: Chunk, at: number): void {
    this.length += 1;
    for (let row = this.length - 1; row > place; row -= 1) {
      const from = this.#locate(row - 1);
      this.#copy(row, from.chunk, from.at);
    }
    this.#copy(place, source, at);
  }

  #copy(row: number, source: Chunk, at: number): void {
    const index = Math.floor(row / this.#rows);
    if (!this.#chunks[index]) this.#chunks[index] = chunkOf(Buffer.allocUnsafe(this.#rows * stepBytes));
    source.bytes.copy((this.#chunks[index] as Chunk).bytes, (row % this.#rows) * stepBytes, at, at + stepBytes);
  }

  #locate(row: number): { readonly chunk: Chunk; readonly at: number } {
    return { chunk: this.#chunks[Math.floor(row / this.#rows)] as Chunk, at: (row % this.#rows) * stepBytes };
  }

  #word(row: number, at: number): number {
    const found = this.#locate(row);
    return found.chunk.view.getUint32(found.at + at, true);
  }

  /** Index of the first step with this number or a higher one. */
  indexOf(step: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#word(middle, 72) < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The step at an index; a negative one counts from the end. */
  at(index: number): StepRecord | undefined {
    const row = index < 0 ? this.length + index : index;
    if (row < 0 || row >= this.length) return undefined;
    const { chunk, at } = this.#locate(row);
    return decodeStep(chunk.view, at);
  }

  /** Steps from `start` to before `end`; negative numbers count from the end. */
  slice(start = 0, end = this.length): StepRecord[] {
    const from = start < 0 ? Math.max(0, this.length + start) : start;
    const to = Math.min(this.length, end < 0 ? this.length + end : end);
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => this.at(from + index) as StepRecord);
  }

  *[Symbol.iterator](): Generator<StepRecord> {
    for (let row = 0; row < this.length; row += 1) yield this.at(row) as StepRecord;
  }

  /** One value of all steps. */
  column(name: StepColumn): Float64Array {
    const values = new Float64Array(this.length);
    const float = floats[name];
    for (let row = 0; row < this.length; row += 1) {
      const { chunk, at } = this.#locate(row);
      if (float !== undefined) values[row] = chunk.view.getFloat64(at + float, true);
      else if (name === "step") values[row] = chunk.view.getUint32(at + 72, true);
      else if (name === "attempt") values[row] = chunk.view.getUint16(at + 84, true);
      else values[row] = chunk.view.getFloat32(at + 88, true);
    }
    return values;
  }

  /** Bytes of the worker's log that had been read when the newest step of an attempt was recorded; 0 if it has none. */
  logOffset(attempt: number): number {
    if (this.length === 0) return 0;
    const { chunk, at } = this.#locate(this.length - 1);
    return chunk.view.getUint16(at + 84, true) === attempt ? chunk.view.getFloat64(at + 64, true) : 0;
  }
}
