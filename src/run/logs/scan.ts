/** Severities of log lines, in rising order; the number is what an index keeps. */
export const logLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;
/** Severity of a log record. */
export type LogLevel = (typeof logLevels)[number];

/**
 * Where one record begins and ends in a buffer: a line with a time or a level, and the lines after it that have
 * neither.
 */
export interface RecordSpan {
  readonly start: number;
  readonly end: number;
  /** Milliseconds since the epoch, as this machine's time zone reads the text; NaN if the record has no time. */
  readonly time: number;
  /** Position in `logLevels`; −1 if the record names none. A Python traceback counts as an error. */
  readonly level: number;
}

const newline = 0x0a;
const dash = Buffer.from(" - ");
const traceback = Buffer.from("Traceback (most recent call last)");

/** First byte of a level's name → its position; MindSpore and MindFormers write them in full. */
function levelAt(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case 0x44: // DEBUG
      return 0;
    case 0x49: // INFO
      return 1;
    case 0x57: // WARNING
      return 2;
    case 0x45: // ERROR, EXCEPTION
      return 3;
    case 0x43: // CRITICAL
      return 4;
    default:
      return -1;
  }
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;

function number(bytes: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let index = at; index < at + digits; index += 1) value = value * 10 + ((bytes[index] as number) - 0x30);
  return value;
}

// Days are looked up once: lines of one second follow each other by the thousand.
let day = -1;
let midnight = 0;

/** `2026-11-28 22:43:14,900` or `2026-11-28-22:43:14.900.123` at `at`; NaN for anything else. */
function timeAt(bytes: Buffer, at: number): number {
  if (!(isDigit(bytes[at]) && bytes[at + 4] === 0x2d && bytes[at + 7] === 0x2d && bytes[at + 13] === 0x3a))
    return Number.NaN;
  const date = number(bytes, at, 4) * 10_000 + number(bytes, at + 5, 2) * 100 + number(bytes, at + 8, 2);
  if (date !== day) {
    day = date;
    midnight = new Date(Math.floor(date / 10_000), (Math.floor(date / 100) % 100) - 1, date % 100).getTime();
  }
  const seconds = number(bytes, at + 11, 2) * 3600 + number(bytes, at + 14, 2) * 60 + number(bytes, at + 17, 2);
  return midnight + seconds * 1000 + (isDigit(bytes[at + 20]) ? number(bytes, at + 20, 3) : 0);
}

/** Time and level of a line; undefined if it goes on with the record before it. */
function headAt(bytes: Buffer, start: number, end: number): { time: number; level: number } | undefined {
  const first = bytes[start];
  if (first === 0x5b) {
    // MindSpore: [ERROR] ME(1,2,main):2026-11-28-22:43:14.900.123 [file] text; MindFormers' own files: [INFO]
    // 2026-11-28 …
    const level = levelAt(bytes, start + 1);
    if (level < 0) return undefined;
    const close = bytes.indexOf(0x5d, start);
    if (close < 0 || close > start + 12) return undefined;
    if (isDigit(bytes[close + 2])) return { time: timeAt(bytes, close + 2), level };
    const colon = bytes.indexOf(0x3a, close);
    return { time: colon < 0 || colon >= end ? Number.NaN : timeAt(bytes, colon + 1), level };
  }
  if (isDigit(first)) {
    // MindFormers: 2026-11-28 22:43:14,900 - logger[file:line] - INFO - text
    const time = timeAt(bytes, start);
    if (Number.isNaN(time)) return undefined;
    const logger = bytes.indexOf(dash, start + 26);
    return { time, level: logger < 0 || logger >= end ? -1 : levelAt(bytes, logger + 3) };
  }
  if (first === 0x54 && bytes.compare(traceback, 0, traceback.length, start, start + traceback.length) === 0)
    return { time: Number.NaN, level: 3 };
  return undefined;
}

/** Calls `found` for every record of whole lines in `bytes`. Pure; takes MindSpore's and MindFormers' formats. */
export function scanRecords(bytes: Buffer, found: (record: RecordSpan) => void): void {
  let open: { start: number; time: number; level: number } | undefined;
  let start = 0;
  while (start < bytes.length) {
    const line = bytes.indexOf(newline, start);
    const end = line < 0 ? bytes.length : line;
    const head = headAt(bytes, start, end);
    if (head !== undefined || open === undefined) {
      if (open) found({ ...open, end: start });
      open = { start, time: head?.time ?? Number.NaN, level: head?.level ?? -1 };
    }
    start = end + 1;
  }
  if (open) found({ ...open, end: bytes.length });
}
