import { DataError, LabError } from "../../core/error.js";
import { type Holder, signInterval } from "../../core/liveness/holder.js";
import { formatBytes, formatCount, formatDuration } from "../../core/units.js";
import type { InputFile } from "../text/input/files.js";
import type { OpenTokenizer } from "../tokenize/tokenizer.js";
import type { PrepareRequest } from "./options.js";

/** What can be said before any text has been read. */
export function requireUsable({ mode, dtype, tokenizer: path }: PrepareRequest, tokenizer: OpenTokenizer): void {
  if (mode === "pad" && tokenizer.special.padId === undefined)
    throw new DataError("TOKENIZER_TOKEN_MISSING", `mode "pad": tokenizer ${path} names no padding token`, {
      hint: 'pass one, for example padToken: "<pad>", or its id',
      details: { path },
    });
  if (dtype === "uint16" && tokenizer.vocabSize > 65_536) {
    const { vocabSize } = tokenizer;
    const found = `${formatCount(vocabSize)} ids, the largest is ${formatCount(vocabSize - 1)} > 65,535`;
    throw new DataError(
      "TOKENIZER_INVALID",
      `dtype "uint16": expected at most 65,536 ids, tokenizer ${path} has ${found}`,
      {
        hint: 'write dtype: "int32"',
        details: { path, vocabSize: tokenizer.vocabSize },
      },
    );
  }
}

export function emptyInput(input: string, found: string, isWikitext = false): DataError {
  const headings = isWikitext ? "; in WikiText, lines that begin with = are headings, not text" : "";
  return new DataError("INPUT_EMPTY", `input ${input}: expected text to train on, found ${found}`, {
    hint: `check that it is the file you mean, or write input: "other-text.jsonl"${headings}`,
    details: { input },
  });
}

interface NoTexts {
  readonly files: readonly InputFile[];
  readonly badLines: number;
  /** Where the first bad line is. */
  readonly firstBad: string | undefined;
}

export function noTexts(path: string, { files, badLines, firstBad }: NoTexts): DataError {
  if (badLines > 0)
    return emptyInput(path, `${formatCount(badLines, "bad line")}, all skipped; the first: ${firstBad}`);
  const isWikitext = files.some(({ format }) => format === "wikitext");
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const what = isWikitext ? "headings and blank lines" : "blank lines";
  return emptyInput(path, `${formatCount(bytes, "byte")} of ${what}`, isWikitext);
}

/** Every text is there, and gives no token. */
export function emptyTexts(path: string, { files, texts }: { files: readonly InputFile[]; texts: number }): DataError {
  const isJson = files.some(({ format }) => format === "jsonl" || format === "parquet");
  const other = 'write jsonKeys: ["content"] for the field that holds the text, or pass another input';
  const hint = isJson ? other : 'pass another input, such as input: "other-text.jsonl"';
  const found = `${formatCount(texts, "text")} of 0 tokens`;
  const message = `input ${path}: expected text to train on, found ${found}`;
  return new DataError("INPUT_EMPTY", message, { hint, details: { input: path } });
}

export function tooShort(input: string, seqLength: number, counts: { tokens: number; texts: number }): DataError {
  const { tokens, texts } = counts;
  const need = `one sample needs seqLength + 1 = ${formatCount(seqLength + 1)} tokens`;
  const missing = formatCount(seqLength + 1 - tokens);
  const has = `the text has ${formatCount(tokens)} in ${formatCount(texts, "piece")}: ${missing} too few`;
  return new DataError("INPUT_TOO_SHORT", `input ${input}: ${need}, ${has}`, {
    hint: tokens > 1 ? `write seqLength: ${tokens - 1} or less, or use more text` : "use more text",
    details: { input, tokens, pieces: texts, seqLength },
  });
}

/** `estimate`: how the number came about. */
export function diskTooSmall(folder: string, need: number, found: { free: number; estimate: string }): DataError {
  return new DataError(
    "DISK_TOO_SMALL",
    `folder ${folder}: ` +
      `expected ${formatBytes(need)} of free space (${found.estimate}), found ${formatBytes(found.free)}`,
    {
      hint: `free ${formatBytes(need - found.free)} or choose another folder as output`,
      details: { folder, need, ...found },
    },
  );
}

export function runningInThisProcess(folder: string): LabError {
  return new LabError("PREPARE_RUNNING", `${folder}: another call in this process is preparing this dataset now`, {
    hint: "await the first call, or interrupt its cell",
    details: { folder, pid: process.pid },
  });
}

/** `path`: the file that says who has the folder. */
export function runningElsewhere(folder: string, holder: Holder, path: string): LabError {
  const { pid, host, since, isHere, silentFor } = holder;
  const details = { folder, ...holder };
  if (isHere)
    return new LabError("PREPARE_RUNNING", `${folder}: process ${pid} is preparing this dataset now`, {
      hint: `wait until it is done, or end it: kill ${pid}`,
      details,
    });
  const life = `last sign of life ${formatDuration(silentFor)} ago, expected one every ${formatDuration(signInterval)}`;
  const who = `process ${pid} on ${host} (another machine or container), at work since ${since}, ${life}`;
  return new LabError("PREPARE_RUNNING", `${folder}: this dataset is being prepared by ${who}`, {
    hint: `wait until it is done; if it is dead, take over: rm ${path}`,
    details,
  });
}

export function takenAway(folder: string): LabError {
  return new LabError(
    "PREPARE_RUNNING",
    `${folder}: expected to hold the folder still, ` +
      "found that another call took it or that its holder.json was removed",
    { hint: "let the other call finish, then run the cell again", details: { folder } },
  );
}
