export interface TensorSpec {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Bytes of a safetensors file with these tensors one after the other; `header` overrides the JSON text. */
export function safetensorsFile(
  tensors: Readonly<Record<string, TensorSpec>>,
  options: { readonly metadata?: Record<string, string>; readonly header?: string } = {},
): Uint8Array {
  let position = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    const begin = position;
    position += data.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, position] }] as const;
  });
  const head = options.metadata ? [["__metadata__", options.metadata] as const] : [];
  const json = options.header ?? JSON.stringify(Object.fromEntries([...head, ...entries]));
  const text = Buffer.from(
    json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8 - Buffer.byteLength(json) + json.length),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.byteLength));
  return Buffer.concat([length, text, ...Object.values(tensors).map(({ data }) => data)]);
}

export function floats(...values: readonly number[]): TensorSpec {
  return { dtype: "F32", shape: [values.length], data: new Uint8Array(Float32Array.from(values).buffer) };
}

/** A single 64-bit whole number, as MindFormers saves `step_num`. */
export function integer(value: number): TensorSpec {
  return { dtype: "I64", shape: [], data: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer) };
}
