import type { MimeBundle } from "../../../src/view/display-contract.js";
import { isCatchAll } from "../../core/proxies.js";
import { boundedText, valueText } from "../../core/value-text.js";
import { errorText } from "../../report/failure.js";
import { foreignLook } from "./foreign-looks.js";
import { textOfHtml } from "./html-text.js";
import { imageBundle } from "./images.js";
import { tableOf } from "./object-table.js";

const displayKey = Symbol.for("Jupyter.display");

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
    return bundle.then((later) => checkedBundle(value, later)).catch((error) => unshowable(value, error));
  } catch (error) {
    return unshowable(value, error);
  }
}

/** What has no method of ours may have one of another kernel's. */
function lookOfOther(value: unknown): MimeBundle | Promise<MimeBundle> {
  const look = foreignLook(value);
  if (look instanceof Promise)
    return look.then((later) => (later === undefined ? lookOfPlain(value) : wireBundle(later)));
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
  if ("text/plain" in bundle) return wireBundle(bundle);
  const html = bundle["text/html"];
  const text = typeof html === "string" ? textOfHtml(html) : summaryOf(value);
  return { "text/plain": text, ...wireBundle(bundle) };
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

/** A bundle as it can travel: bytes become base64, everything else plain JSON. */
export function wireBundle(bundle: MimeBundle): MimeBundle {
  return Object.fromEntries(Object.entries(bundle).map(([type, data]) => [type, wireData(data)]));
}

function wireData(data: unknown): unknown {
  if (typeof data === "string") return data;
  if (data instanceof Uint8Array) return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
  const text = JSON.stringify(data, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
  return text === undefined ? null : JSON.parse(text);
}

/**
 * Text of any value, bounded (see `valueText`); errors with the user's frames only.
 */
export function textOf(value: unknown): string {
  if (value instanceof Error) return boundedText(errorText(value));
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
