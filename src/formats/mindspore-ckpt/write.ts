import { crc32 } from "node:zlib";
import type { ElementType } from "../dtype.js";
import { lengthField, numberField, varint } from "../protobuf.js";
import { mindSporeNameOf } from "./tensor-types.js";

/** Tensors above this many bytes are cut into several values, as MindSpore cuts them. */
export const ckptPieceBytes = 512 * 1024 * 1024;

export interface CkptTensor {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
}

/**
 * The bytes of a value up to its content of `contentBytes` bytes, which the caller writes behind them.
 * @throws RangeError if `.ckpt` has no name for the type.
 */
export function ckptValueHead({ name, dtype, shape }: CkptTensor, contentBytes: number): Uint8Array {
  const type = mindSporeNameOf(dtype);
  if (type === undefined) throw new RangeError(`a .ckpt file can't hold elements of type ${dtype}`);
  const dims = shape.length === 0 ? [0] : shape;
  const tensorHead = Buffer.concat([
    ...dims.map((dim) => numberField(1, dim)),
    lengthField(2, type),
    varint(3 * 8 + 2),
    varint(contentBytes),
  ]);
  const tag = lengthField(1, name);
  const tensorBytes = tensorHead.byteLength + contentBytes;
  const tensorLength = varint(tensorBytes);
  const valueBytes = tag.byteLength + 1 + tensorLength.byteLength + tensorBytes;
  return Buffer.concat([varint(8 + 2), varint(valueBytes), tag, varint(2 * 8 + 2), tensorLength, tensorHead]);
}

/** A whole value of type `str`. */
export function ckptText(name: string, text: string): Uint8Array {
  const points = Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const tensor = Buffer.concat([
    numberField(1, 0),
    lengthField(2, "str"),
    lengthField(3, new Uint8Array(points.buffer)),
  ]);
  return lengthField(1, Buffer.concat([lengthField(1, name), lengthField(2, tensor)]));
}

/** The end of a file saved with `crc_check`: the CRC-32 of all bytes before it. */
export function ckptTrailer(crc: number): Uint8Array {
  const bytes = Buffer.alloc(17);
  bytes.write("crc_num", "latin1");
  bytes.writeUInt32BE(crc >>> 0, 13);
  return bytes;
}

/** CRC-32 over blocks: pass the last result to the next call. */
export function ckptCrc(bytes: Uint8Array, before = 0): number {
  return crc32(bytes, before);
}
