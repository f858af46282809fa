import { ckptPieceBytes, ckptText, ckptValueHead } from "../../formats/mindspore-ckpt/write.js";
import { formatSafetensorsHeader } from "../../formats/safetensors/write.js";
import type { OutputFile } from "./output-plan.js";

/** Position in the file and length. */
export type Run = readonly [start: number, bytes: number];

/** Where everything stands in a file that will be written. */
export interface FileLayout {
  /** Bytes that are no tensor's data: headers. */
  readonly heads: readonly { readonly position: number; readonly bytes: Uint8Array }[];
  /** Where the data of each tensor go, in the order of the plan. */
  readonly runs: readonly (readonly Run[])[];
  readonly byteLength: number;
}

export function fileLayout(file: OutputFile): FileLayout {
  return file.format === "safetensors" ? safetensorsLayout(file) : ckptLayout(file);
}

function safetensorsLayout({ tensors, metadata }: OutputFile): FileLayout {
  const header = formatSafetensorsHeader(tensors, metadata);
  let position = header.byteLength;
  const runs = tensors.map(({ bytes }) => {
    position += bytes;
    return [[position - bytes, bytes] as const];
  });
  return { heads: [{ position: 0, bytes: header }], runs, byteLength: position };
}

/** A tensor is one value, or several of at most 512 MiB. */
function ckptLayout({ tensors, metadata }: OutputFile): FileLayout {
  const heads: { readonly position: number; readonly bytes: Uint8Array }[] = [];
  let position = 0;
  const head = (bytes: Uint8Array) => {
    heads.push({ position, bytes });
    position += bytes.byteLength;
  };
  for (const [name, text] of Object.entries(metadata)) head(ckptText(name, text));
  const runs = tensors.map((tensor) => {
    const pieces: Run[] = [];
    let rest = tensor.bytes;
    do {
      const bytes = Math.min(rest, ckptPieceBytes);
      head(ckptValueHead(tensor, bytes));
      pieces.push([position, bytes]);
      position += bytes;
      rest -= bytes;
    } while (rest > 0);
    return pieces;
  });
  return { heads, runs, byteLength: position };
}

/** Where a part of a tensor's data goes: `at` and `bytes` are of its data. */
export function placesIn(runs: readonly Run[], at: number, bytes: number): Run[] {
  const places: Run[] = [];
  let before = 0;
  for (const [start, length] of runs) {
    const from = Math.max(at, before);
    const to = Math.min(at + bytes, before + length);
    if (from < to) places.push([start + from - before, to - from]);
    before += length;
  }
  return places;
}
