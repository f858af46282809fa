import { openCheckpoint } from "../../src/checkpoint/open/open.js";
import { decodeElements, type ElementType, type TensorValues } from "../../src/formats/dtype.js";
import { PythonSession } from "./python-session.js";

/** Type by MindSpore's name, shape, bytes in base64; or a text. */
export type Described = Readonly<
  Record<string, readonly [dtype: string, shape: readonly number[], data: string] | string>
>;

const types: Readonly<Record<string, ElementType>> = {
  Int8: "I8",
  UInt8: "U8",
  Int16: "I16",
  UInt16: "U16",
  Int32: "I32",
  UInt32: "U32",
  Int64: "I64",
  UInt64: "U64",
  Float16: "F16",
  Float32: "F32",
  Float64: "F64",
  Bool: "BOOL",
  BFloat16: "BF16",
};

/** MindSpore in a process of its own that answers questions about checkpoints. */
export class CheckpointOracle {
  readonly #session: PythonSession;

  constructor(folder: string) {
    this.#session = new PythonSession("integration/checkpoint/oracle.py", [], folder);
  }

  async ask<T>(action: string, question: Readonly<Record<string, unknown>>): Promise<T> {
    const answer = await this.#session.ask<{ readonly value?: T; readonly error?: string }>({ action, ...question });
    if (answer.error !== undefined) throw new Error(`MindSpore: ${action}: ${answer.error}`);
    return answer.value as T;
  }

  close(): void {
    this.#session.close();
  }
}

export interface SeenTensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly values: TensorValues;
}

/** The reference's answer with decoded values, without texts. */
export function decoded(described: Described): Record<string, SeenTensor> {
  return Object.fromEntries(
    Object.entries(described).flatMap(([name, value]) => {
      if (typeof value === "string") return [];
      const [type, shape, data] = value;
      const dtype = types[type.replace("mindspore.", "")] as ElementType;
      const bytes = Uint8Array.from(Buffer.from(data, "base64"));
      return [[name, { dtype, shape, values: decodeElements(bytes, dtype) as TensorValues }]];
    }),
  );
}

/** Every tensor of a checkpoint as the library reads it. */
export async function readHere(
  path: string,
  options: { readonly key?: string } = {},
): Promise<Record<string, SeenTensor>> {
  const checkpoint = await openCheckpoint(path, options);
  const seen: Record<string, SeenTensor> = {};
  for (const { name, dtype, shape } of await checkpoint.tensors()) {
    seen[name] = { dtype, shape, values: await checkpoint.values(name) };
  }
  return seen;
}

/** Names whose type, shape or values differ, with both shapes; empty if all are the same. */
export function differing(found: Record<string, SeenTensor>, expected: Record<string, SeenTensor>): string[] {
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  return names.flatMap((name) => {
    const [a, b] = [found[name], expected[name]];
    const same =
      a !== undefined &&
      b !== undefined &&
      a.dtype === b.dtype &&
      a.shape.join() === b.shape.join() &&
      a.values.length === b.values.length &&
      a.values.every((value, i) => Object.is(value, b.values[i]));
    return same ? [] : [`${name}: [${a?.shape}] [${b?.shape}]`];
  });
}
