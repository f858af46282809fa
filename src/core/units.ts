import { shownValue } from "./arguments.js";
import { LabError } from "./error.js";

const milliseconds: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const bytes: Record<string, number> = {
  B: 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/** What was probably meant: the number that was typed, with the unit that its letters begin. */
function nearQuantity(text: string, names: readonly string[]): string {
  const usual = names.includes("GB") ? { number: "64", unit: "GB" } : { number: "10", unit: "m" };
  const typed = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)/.exec(text);
  const word = typed?.[2]?.toLowerCase() ?? "";
  // Minutes, not milliseconds, unless the word says so.
  const first = /^(?:ms|mil)/.test(word) ? "ms" : word.slice(0, 1);
  const unit =
    names.find((name) => name.toLowerCase() === first) ?? names.find((name) => name.startsWith(first.toUpperCase()));
  return (typed?.[1] ?? usual.number) + (first === "" ? usual.unit : (unit ?? usual.unit));
}

function parseQuantity(what: string, text: string | number, units: Record<string, number>): number {
  if (typeof text === "number" && Number.isFinite(text) && text >= 0) return text;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*$/.exec(String(text));
  const factor = match ? units[match[2] as string] : undefined;
  if (!match || factor === undefined) {
    const names = Object.keys(units).join(", ");
    throw new LabError(
      "ARGUMENT_INVALID",
      `${what}: expected a number with a unit (${names}), found ${shownValue(text)}`,
      { hint: `write ${JSON.stringify(nearQuantity(String(text), Object.keys(units)))}` },
    );
  }
  return Number(match[1]) * factor;
}

/** Milliseconds of a duration such as `"10m"`, `"1.5h"`, or a number of milliseconds. Units: ms, s, m, h, d. */
export function parseDuration(text: string | number, what = "duration"): number {
  return parseQuantity(what, text, milliseconds);
}

/** Numbers below it are not meant as bytes: who writes 64 means 64 GB. */
export const fewestBytes = 1024 ** 2;

/**
 * Bytes of a size such as `"64GB"` (binary: 1 GB = 2^30, as MindSpore's max_device_memory) or a number of bytes.
 * @throws ARGUMENT_INVALID for a number below 1 MB
 */
export function parseBytes(text: string | number, what = "size"): number {
  if (typeof text === "number" && text > 0 && text < fewestBytes)
    throw new LabError(
      "ARGUMENT_INVALID",
      `${what}: expected a size with a unit, or bytes from 1 MB on, found ${text}`,
      {
        hint: `write "${text}GB"`,
      },
    );
  return parseQuantity(what, text, bytes);
}

/** `1536` → `"1.5 KB"` (binary units). */
export function formatBytes(count: number): string {
  const names = Object.keys(bytes);
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), names.length - 1);
  const value = count / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${names[power]}`;
}

/** `83_000` ms → `"1m 23s"`; below a minute with one decimal. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const total = Math.round(ms / 1000);
  if (total < 60) return `${(ms / 1000).toFixed(1)} s`;
  const parts = [Math.floor(total / 86400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60];
  const names = ["d", "h", "m", "s"];
  const first = parts.findIndex((part) => part > 0);
  return parts
    .slice(first, first + 2)
    .map((part, i) => `${part}${names[first + i]}`)
    .join(" ");
}

const digitGroups = new Intl.NumberFormat("en-US");

/** `1234567` → `"1,234,567"`; with a noun what is counted too: `"1 rank"`, `"2,048 ranks"`, `"2 entries"`. */
export function formatCount(count: number, noun?: string, plural = `${noun}s`): string {
  const digits = digitGroups.format(count);
  return noun === undefined ? digits : `${digits} ${count === 1 ? noun : plural}`;
}

/** `"2026-11-28 22:54"` in this machine's time zone; milliseconds since 1970, or a date. */
export function formatDate(time: number | Date): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
