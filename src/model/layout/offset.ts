/**
 * `model_config.offset`: one number for all stages, a list of one number per stage, or one such list per block of
 * layers.
 */
export type Offset = number | readonly number[] | readonly (readonly number[])[];

const isRow = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(Number.isInteger);

/** An offset as a configuration has it. What is no offset at all becomes an empty list, which fits no pipeline. */
export function readOffset(value: unknown): Offset {
  if (value === undefined || value === null) return 0;
  if (Number.isInteger(value) || isRow(value)) return value as Offset;
  return Array.isArray(value) && value.every(isRow) ? value : [];
}

/** The offset of every block and stage, `[block][stage]`; undefined if its shape doesn't fit the pipeline. */
export function offsetTable(
  layers: number,
  {
    pipelineStages: stages,
    interleave: blocks,
    offset,
  }: { readonly pipelineStages: number; readonly interleave: number; readonly offset: Offset | undefined },
): number[][] | undefined {
  if (offset === undefined) return balancedOffset(layers, stages, blocks);
  if (typeof offset === "number") return Array.from({ length: blocks }, () => new Array<number>(stages).fill(offset));
  const perBlock = offset.some(Array.isArray);
  const rows = (perBlock ? offset : Array.from({ length: blocks }, () => offset)) as readonly (readonly number[])[];
  return rows.length === blocks && rows.every((row) => row.length === stages) ? rows.map((row) => [...row]) : undefined;
}

/** The sum of an offset as written. MindFormers compares it before it repeats one list for every block. */
export function writtenSum(offset: Offset): number {
  return typeof offset === "number" ? offset : offset.reduce<number>((sum, each) => sum + writtenSum(each), 0);
}

/**
 * Offsets that add up to the remainder: one more layer at as many places as needed, the first and last (embedding,
 * output layer) last.
 */
export function balancedOffset(layers: number, stages: number, blocks: number): number[][] {
  const places = stages * blocks;
  const left = layers % places;
  const start = Math.max(0, Math.min(1, places - 1 - left));
  return Array.from({ length: blocks }, (_, block) =>
    Array.from({ length: stages }, (_, stage) => {
      const place = block * stages + stage;
      return place >= start && place < start + left ? 1 : 0;
    }),
  );
}
