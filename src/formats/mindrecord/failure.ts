import type { ByteSource } from "../../core/bytes.js";
import { FormatError } from "../../core/error.js";

/** Where in which file something is wrong. */
export interface Place {
  readonly source: Pick<ByteSource, "name">;
  /** Bytes from the beginning of the file. */
  readonly offset: number;
}

/** The error for a MindRecord file or its index that is not what it should be. */
export function invalid({ source, offset }: Place, found: string, hint?: string): FormatError {
  return new FormatError("MINDRECORD_INVALID", `MindRecord ${source.name}, offset ${offset}: ${found}`, {
    hint: hint ?? "copy the file again from its source, or make it again",
    file: source.name,
    offset,
  });
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
