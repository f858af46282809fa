/**
 * `model_config.offset` as lists of one entry per stage, one list per block of layers: a number stands for all stages, a single list for the only (or
 * every) block. Undefined if it is neither; the entries are as written.
 */
export function offsetRows(offset: unknown, stages: number): readonly (readonly unknown[])[] | undefined {
  const row = (value: unknown): readonly unknown[] | undefined => {
    if (typeof value === "number") return new Array<number>(stages).fill(value);
    return Array.isArray(value) ? value : undefined;
  };
  const rows = isPerBlock(offset) ? offset.map(row) : [row(offset)];
  return rows.every((each) => each !== undefined) ? rows : undefined;
}

/** Whether an offset names blocks of layers, and not only stages. */
export function isPerBlock(offset: unknown): offset is readonly unknown[] {
  return Array.isArray(offset) && offset.some(Array.isArray);
}
