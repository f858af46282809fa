import { patternOf } from "../../core/patterns.js";

const pattern = patternOf([
  /^(\d{4})-(\d{1,2})-(\d{1,2})/,
  /(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d*))?[ \t]*(Z|[-+]\d{1,2}(?::\d{2})?)?)?$/,
]);

/** Python's `datetime` takes offsets of less than one day. */
const minutesOfDay = 24 * 60;

interface PythonDate {
  /** Milliseconds of the instant; without an offset, of the time in UTC. */
  readonly time: number;
  /** As `str` prints it in Python: `2024-01-02`, `2024-01-02 03:04:05.250000+02:00`. */
  readonly name: string;
  /** Equal for values that Python takes for equal. */
  readonly identity: string;
}

const padded = (value: number, digits = 2): string => String(value).padStart(digits, "0");

/** Minutes east of UTC, or undefined for text without an offset. */
function minutesOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  const [, sign, hours, minutes] = /^([-+])(\d{1,2})(?::(\d{2}))?$/.exec(zone) ?? [];
  const size = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === "-" ? -size : size;
}

function instant(year: number, [month, day, hour, minute, second]: readonly number[]): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, (month ?? 0) - 1, day);
  const valid = year > 0 && date.getUTCMonth() + 1 === month && date.getUTCDate() === day;
  if (!valid || (hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return undefined;
  return date.setUTCHours(hour ?? 0, minute, second);
}

/** The `date` or `datetime` that PyYAML makes of a text; undefined where it raises an error. */
export function pythonDate(text: string): PythonDate | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year = 0, ...rest] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest;
  const start = instant(year, rest);
  const offset = minutesOf(match[8]);
  if (start === undefined || Math.abs(offset ?? 0) >= minutesOfDay) return undefined;
  const name = `${padded(year, 4)}-${padded(month)}-${padded(day)}`;
  if (match[4] === undefined) return { time: start, name, identity: `date ${name}` };
  const microseconds = Number((match[7] ?? "").slice(0, 6).padEnd(6, "0"));
  const fraction = microseconds > 0 ? `.${padded(microseconds, 6)}` : "";
  const clock = `${name} ${padded(hour)}:${padded(minute)}:${padded(second)}${fraction}`;
  const time = start + Math.trunc(microseconds / 1000);
  if (offset === undefined) return { time, name: clock, identity: `clock ${clock}` };
  const size = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${padded(Math.trunc(size / 60))}:${padded(size % 60)}`;
  const utc = start - offset * 60_000;
  return { time: time - offset * 60_000, name: clock + zone, identity: `instant ${utc} ${microseconds}` };
}

/** A date or time as PyYAML reads it; undefined for other text and for days that no calendar has. */
export function readDate(text: string): Date | undefined {
  const read = pythonDate(text);
  return read && new Date(read.time);
}
