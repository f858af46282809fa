import type { MimeBundle } from "../../../src/view/display-contract.js";
import { isCatchAll } from "../../core/proxies.js";
import { boundedText, saysHowItLooks, valueText } from "../../core/value-text.js";
import { within } from "../../core/within.js";
import { errorText } from "../../report/failure.js";
import { foreignLook } from "./foreign-looks.js";
import { textOfHtml } from "./html-text.js";
import { imageBundle } from "./images.js";
import { tableOf } from "./object-table.js";

const displayKey = Symbol.for("Jupyter.display");

/** How long the promise of a look may take, in ms: of our own hook, which may read files, and of all others. */
const patience = { own: 30_000, foreign: 5_000 };

/** True for plain objects all of whose keys are MIME types, such as `{ "text/html": "<b>x</b>" }`. */
export function isMimeBundle(value: unknown): value is MimeBundle {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => /^[\w.+-]+\/[\w.+-]+(?:;.*)?$/.test(key));
}

/**
 * How a value looks: what its method under `Symbol.for("Jupyter.display")` says, else text as Node prints it, without
 * colors and bounded. If that method fails, or gives something that is no bundle, the reason stands where the value
 * should. Never rejects; a promise only if the method gives one.
 */
export function lookOf(value: unknown): MimeBundle | Promise<MimeBundle> {
  try {
    const method = displayMethod(value);
    if (method === undefined) return lookOfOther(value);
    const bundle = method();
    if (!(bundle instanceof Promise)) return checkedBundle(value, bundle);
    const shown = bundle.then((later) => checkedBundle(value, later)).catch((error) => unshowable(value, error));
    return within(patience.own, shown, () => unshowable(value, new Error(neverShown)));
  } catch (error) {
    return unshowable(value, error);
  }
}

const neverShown = `the promise of Symbol.for("Jupyter.display") did not settle within ${patience.own / 1000} s`;

/** What has no method of ours may have one of another kernel's. */
function lookOfOther(value: unknown): MimeBundle | Promise<MimeBundle> {
  const look = foreignLook(value);
  if (look instanceof Promise) {
    const settled = within(patience.foreign, look, () => undefined);
    return settled.then((later) => (later === undefined ? lookOfPlain(value) : wireBundle(later)));
  }
  return look === undefined ? lookOfPlain(value) : wireBundle(look);
}

/** Values that don't say how they look: images by their bytes, lists of records as a table beside the text. */
function lookOfPlain(value: unknown): MimeBundle {
  if (value instanceof Uint8Array) {
    const image = imageBundle(value);
    if (image !== undefined) return wireBundle(image);
  }
  const table = tableOf(value);
  const text = textOf(value);
  return table === undefined ? { "text/plain": text } : { "text/html": table, "text/plain": text };
}

function checkedBundle(value: unknown, bundle: unknown): MimeBundle {
  if (!isMimeBundle(bundle))
    throw new TypeError(
      `Symbol.for("Jupyter.display") returned no MIME bundle: ${boundedText(textOf(bundle), 200)}; ` +
        'return an object such as { "text/html": "<b>x</b>" }',
    );
  if (bundle["text/plain"] !== undefined && bundle["text/plain"] !== null) return wireBundle(bundle);
  const html = bundle["text/html"];
  const text = typeof html === "string" ? textOfHtml(html) : summaryOf(value);
  return { ...wireBundle(bundle), "text/plain": text };
}

function unshowable(value: unknown, error: unknown): MimeBundle {
  return { "text/plain": boundedText(`${summaryOf(value)} can't be shown\n${errorText(error)}`) };
}

function displayMethod(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  if (isCatchAll(value)) return undefined;
  const method = (value as Record<symbol, unknown>)[displayKey];
  return typeof method === "function" ? () => method.call(value) : undefined;
}

/**
 * A bundle as it can travel: bytes become base64, data of JSON types plain JSON. All other types hold text, or the
 * notebook's file is not valid; what is missing is left out.
 */
export function wireBundle(bundle: MimeBundle): MimeBundle {
  const entries = Object.entries(bundle).map(([type, data]) => [type, wireData(type, data)] as const);
  return Object.fromEntries(entries.filter(([, data]) => data !== undefined));
}

function wireData(type: string, data: unknown): unknown {
  if (typeof data === "string") return data;
  if (isJsonType(type)) return jsonData(data);
  if (data === undefined || data === null) return undefined;
  if (data instanceof Uint8Array) return base64(data);
  if (Array.isArray(data) && data.every((line) => typeof line === "string")) return data.join("");
  return typeof data === "object" ? JSON.stringify(jsonData(data)) : String(data);
}

function isJsonType(type: string): boolean {
  return /^application\/(?:.+\+)?json(?:;|$)/.test(type);
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

function jsonData(data: unknown): unknown {
  const text =
    data instanceof Uint8Array
      ? JSON.stringify(base64(data))
      : JSON.stringify(data, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
  return text === undefined ? null : JSON.parse(text);
}

/**
 * Text of any value, bounded (see `valueText`); errors with the user's frames only.
 */
export function textOf(value: unknown): string {
  if (value instanceof Error && !saysHowItLooks(value)) return boundedText(errorText(value));
  try {
    return valueText(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return boundedText(`${summaryOf(value)} can't be shown: ${reason}`);
  }
}

function summaryOf(value: unknown): string {
  try {
    const name = (value as object).constructor?.name;
    return name ? `[${boundedText(name, 200)}]` : `[${typeof value}]`;
  } catch {
    return `[${typeof value}]`;
  }
}
