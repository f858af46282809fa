import { DataError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import type { InputFile } from "./input/files.js";
import { keyLines } from "./input/key-lines.js";
import { type StreamOptions, textStream } from "./input/stream.js";
import type { BadLineFacts } from "./part-rules.js";

/** A bad line with its place in a file. */
export interface BadLinePlace extends BadLineFacts {
  readonly path: string;
}

interface LinePlace {
  /** From 1. */
  readonly line: number;
  /** How the line begins. */
  readonly start: string;
}

const shownBytes = 60;
/** Of a byte-order mark in front of the first line. */
const markBytes = 3;

/** Counts the lines before `offset`, a byte of the decompressed text, by reading the file once more. */
async function locateLine(file: InputFile, offset: number, options: StreamOptions): Promise<LinePlace> {
  let line = 1;
  let at = 0;
  let start = Buffer.alloc(0);
  let afterReturn = false;
  for await (const block of textStream(file, options)) {
    for (const byte of block.subarray(0, Math.max(0, offset - at))) {
      if (byte === 13 || (byte === 10 && !afterReturn)) line++;
      afterReturn = byte === 13;
    }
    if (at + block.length > offset)
      start = Buffer.concat([start, block.subarray(Math.max(0, offset - at)).subarray(0, 4 * shownBytes)]);
    at += block.length;
    if (start.length >= 4 * shownBytes) break;
  }
  const text = start.toString("utf8").split(/[\r\n]/, 1)[0] as string;
  const shown = [...text].slice(0, shownBytes).join("");
  return { line, start: shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped) };
}

/** `\f`, `\u001e`, `\ufeff`: what a terminal would not show, or obey. */
function escaped(character: string): string {
  if (character === "\t") return character;
  const shown = JSON.stringify(character).slice(1, -1);
  return shown === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : shown;
}

export type LineReading = Pick<StreamOptions, "key" | "encodingErrors">;

/** `input FILE, line 3, column 15: what was expected and found; the line begins with …`. Parquet has rows. */
export async function placeText(bad: BadLinePlace, file: InputFile, reading: LineReading): Promise<string> {
  const { line, start } = await locateLine(file, bad.offset, reading);
  const column = bad.column === undefined ? "" : `, column ${formatCount(bad.column)}`;
  if (file.format === "parquet") return `input ${bad.path}, row ${formatCount(line)}: ${bad.message}`;
  return `input ${bad.path}, line ${formatCount(line)}${column}: ${bad.message}; the line begins with ${start}`;
}

/** The error for a line that can't be used: where it is, how it begins, and the line to type. */
export async function badLineError(bad: BadLinePlace, file: InputFile, reading: LineReading): Promise<DataError> {
  const { path, offset, code } = bad;
  const message = await placeText(bad, file, reading);
  return new DataError(code, message, { hint: hintFor(bad, file), details: { path, offset, column: bad.column } });
}

/** More lines had to be skipped than `badLineLimit` allows. `place`: of the first. */
export function tooManyBadLines(count: number, limit: number, place: string): DataError {
  const found = `found ${formatCount(count)} so far. The first: ${place}`;
  return new DataError("INPUT_LINE_INVALID", `expected at most ${formatCount(limit, "bad line")}, ${found}`, {
    hint: `correct the file, or allow more: badLineLimit: ${10 * Math.max(1, limit)}`,
    details: { count, limit },
  });
}

function hintFor(bad: BadLinePlace, { format }: InputFile): string {
  const { code, offset, keys = [], path } = bad;
  if (code === "INPUT_NOT_UTF8") return 'pass encodingErrors: "replace" or "skip"';
  if (offset <= markBytes && bad.isOtherLayout && format === "jsonl")
    return (
      "if it is one JSON value over several lines, or a list, write its objects one per line: " +
      `jq -c 'if type == "array" then .[] else . end' ${JSON.stringify(path)} > lines.jsonl`
    );
  const skip = `pass onBadLines: "skip" to skip such ${format === "parquet" ? "rows" : "lines"}`;
  if (keys.length === 0) return `correct it, or ${skip}`;
  return `name a key that holds text, here ${keyLines(keys.slice(0, 5))}, or ${skip}`;
}
