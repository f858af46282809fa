import { readDate } from "./dates.js";
import { plainInteger, type ResolvedScalar, resolvePlain } from "./scalars.js";

const standard = "tag:yaml.org,2002:";

/** Python's `int(text, base)`: spaces around it, a sign, the base's own prefix, single underscores between digits. */
function pythonInt(text: string, base: 2 | 8 | 10 | 16): bigint | undefined {
  const prefix = { 2: "0[bB]", 8: "0[oO]", 10: "(?!)", 16: "0[xX]" }[base];
  const digit = { 2: "[01]", 8: "[0-7]", 10: "[0-9]", 16: "[0-9a-fA-F]" }[base];
  const match = new RegExp(`^\\s*([-+]?)(?:${prefix})?(${digit}+)\\s*$`).exec(text);
  if (match === null) return undefined;
  const own = { 2: "0b", 8: "0o", 10: "", 16: "0x" }[base];
  const size = BigInt(own + match[2]);
  return match[1] === "-" ? -size : size;
}

/** Python's `float(text)`. */
function pythonFloat(text: string): number | undefined {
  const match = /^\s*([-+]?)(?:(inf(?:inity)?)|(nan)|((?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?))\s*$/i.exec(text);
  if (match === null) return undefined;
  const size = match[2] ? Number.POSITIVE_INFINITY : match[3] ? Number.NaN : Number(match[4]);
  return match[1] === "-" ? -size : size;
}

function withoutSign(text: string): { readonly negative: boolean; readonly digits: string } {
  const bare = text.replaceAll("_", "");
  return { negative: bare.startsWith("-"), digits: /^[-+]/.test(bare) ? bare.slice(1) : bare };
}

function sixties<T>(text: string, read: (part: string) => T | undefined): T[] | undefined {
  const parts = text.split(":").map(read);
  return parts.every((part) => part !== undefined) ? (parts as T[]) : undefined;
}

function taggedInt(text: string): bigint | undefined {
  const { negative, digits } = withoutSign(text);
  let size: bigint | undefined;
  if (digits.startsWith("0b")) size = pythonInt(digits.slice(2), 2);
  else if (digits.startsWith("0x")) size = pythonInt(digits.slice(2), 16);
  else if (digits.startsWith("0")) size = digits === "0" ? 0n : pythonInt(digits, 8);
  else if (digits.includes(":"))
    size = sixties(digits, (part) => pythonInt(part, 10))?.reduce((sum, part) => sum * 60n + part, 0n);
  else size = pythonInt(digits, 10);
  return size !== undefined && negative ? -size : size;
}

function taggedFloat(text: string): number | undefined {
  const { negative, digits } = withoutSign(text.toLowerCase());
  let size: number | undefined;
  if (digits === ".inf") size = Number.POSITIVE_INFINITY;
  else if (digits === ".nan") size = Number.NaN;
  else if (digits.includes(":")) size = sixties(digits, pythonFloat)?.reduce((sum, part) => sum * 60 + part, 0);
  else size = pythonFloat(digits);
  return size !== undefined && negative ? -size : size;
}

/** True if Python's `base64.decodebytes` takes the text: other characters are skipped, the padding must be right. */
function isBase64(text: string): boolean {
  let [place, pads] = [0, 0];
  for (const char of text) {
    if (char > "\x7f") return false;
    if (char === "=") {
      if (place < 2) continue;
      pads++;
      if (place + pads >= 4) return true;
    } else if (/[A-Za-z0-9+/]/.test(char)) {
      pads = 0;
      place = (place + 1) % 4;
    }
  }
  return place === 0;
}

/** Values of the tags that PyYAML's safe_load makes scalars of; undefined where it raises an error. */
const makers: Readonly<Record<string, (text: string) => ResolvedScalar | undefined>> = {
  str: (value) => ({ kind: "string", value }),
  null: () => ({ kind: "null", value: null }),
  bool: (text) => {
    const known = /^(?:(yes|true|on)|no|false|off)$/i.exec(text);
    return known === null ? undefined : { kind: "bool", value: known[1] !== undefined };
  },
  int: (text) => {
    const value = taggedInt(text);
    return value === undefined ? undefined : { kind: "int", value: plainInteger(value) };
  },
  float: (text) => {
    const value = taggedFloat(text);
    return value === undefined ? undefined : { kind: "float", value };
  },
  timestamp: (text) => {
    const value = readDate(text);
    return value === undefined ? undefined : { kind: "date", value, text };
  },
  // Bytes, which no configuration holds; the text stands for them.
  binary: (value) => (isBase64(value) ? { kind: "string", value } : undefined),
};

/** What PyYAML makes of a scalar with this tag (in full); undefined where it raises an error. */
export function resolveTag(tag: string | undefined, text: string, implicit: boolean): ResolvedScalar | undefined {
  if (tag === undefined) return implicit ? resolvePlain(text) : { kind: "string", value: text };
  if (!tag.startsWith(standard)) return undefined;
  const name = tag.slice(standard.length);
  return Object.hasOwn(makers, name) ? makers[name]?.(text) : undefined;
}

/** What PyYAML makes of a list or section with a tag: a plain one, another value such as a set, or an error. */
export function collectionOf(
  tag: string | undefined,
  kind: "map" | "sequence",
  items: number,
): "plain" | "unusable" | "error" {
  if (tag === undefined || tag === standard + (kind === "map" ? "map" : "seq")) return "plain";
  if (kind === "map") return tag === `${standard}set` ? "unusable" : "error";
  // Pairs without a pair are an empty list.
  if (tag === `${standard}omap` || tag === `${standard}pairs`) return items === 0 ? "plain" : "unusable";
  return "error";
}

/** The tag if a scalar with it is a value that no configuration holds. */
export const unusableScalar = (tag: string | undefined): string | undefined =>
  tag === `${standard}binary` ? tag : undefined;

/** The tag as it is usually written: `!!int`. */
export const shortTag = (tag: string): string => (tag.startsWith(standard) ? `!!${tag.slice(standard.length)}` : tag);
