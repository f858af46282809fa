import type { MimeBundle } from "../../../src/view/display-contract.js";
import { isCatchAll } from "../../core/proxies.js";
import { textOfHtml } from "./html-text.js";
import { formatTable } from "./object-table.js";

type Fields = Readonly<Record<string, unknown>>;
type Look = MimeBundle | undefined;
type Recognize = (value: Fields) => Look | Promise<Look>;

/** Rows of a table that are asked for. */
const mostRows = 50;

/**
 * How objects look that were made for notebooks of other kernels or for pages: hooks such as `_repr_html_`, `$display`
 * and `toHTML`, elements, canvases, tables of columns. Undefined for all others, and where a hook fails.
 */
export function foreignLook(value: unknown): Look | Promise<Look> {
  if (typeof value !== "object" || value === null || isCatchAll(value)) return undefined;
  for (const recognize of [ofHooks, ofCanvas, ofElement, ofColumns, ofHtmlMethod]) {
    try {
      const look = recognize(value as Fields);
      if (look instanceof Promise) return look.catch(() => undefined);
      if (look !== undefined) return look;
    } catch {
      // Then it isn't one of these.
    }
  }
  return undefined;
}

const hooks: Readonly<Record<string, string>> = {
  _repr_html_: "text/html",
  _repr_svg_: "image/svg+xml",
  _repr_png_: "image/png",
  _repr_jpeg_: "image/jpeg",
  _repr_markdown_: "text/markdown",
  _repr_latex_: "text/latex",
  _repr_json_: "application/json",
};

/** What a method gives, or undefined if there is no such method. */
function called(value: Fields, name: string): unknown {
  const method = value[name];
  return typeof method === "function" ? method.call(value) : undefined;
}

const ofHooks: Recognize = (value) => {
  for (const name of ["$display", "_repr_mimebundle_"]) {
    const given = called(value, name);
    if (given instanceof Promise) return given.then(asBundle);
    if (given !== undefined) return asBundle(given);
  }
  const found = Object.entries(hooks).flatMap(([name, type]) => {
    const data = called(value, name);
    return data === undefined || data === null ? [] : [[type, data] as const];
  });
  if (found.length === 0) return undefined;
  if (!found.some(([, data]) => data instanceof Promise)) return withText(Object.fromEntries(found));
  const settled = found.map(async ([type, data]) => [type, await data] as const);
  return Promise.all(settled).then((entries) => withText(Object.fromEntries(entries)));
};

/** IPython's hook may give a pair of data and metadata. */
function asBundle(given: unknown): Look {
  const data = Array.isArray(given) ? given[0] : given;
  return typeof data === "object" && data !== null ? withText(data as MimeBundle) : undefined;
}

function withText(bundle: MimeBundle): MimeBundle {
  const html = bundle["text/html"];
  const text = typeof html === "string" ? textOfHtml(html) : `[${Object.keys(bundle).join(", ")}]`;
  return { "text/plain": text, ...bundle };
}

/** HTMLCanvasElement, node-canvas, @napi-rs/canvas, skia-canvas. */
const ofCanvas: Recognize = (value) => {
  if (typeof value.toDataURL !== "function" || typeof value.width !== "number") return undefined;
  const given = called(value, value.toDataURLSync === undefined ? "toDataURL" : "toDataURLSync");
  const text = `[canvas, ${value.width} × ${String(value.height)}]`;
  return given instanceof Promise ? given.then((url) => ofDataUrl(url, text)) : ofDataUrl(given, text);
};

function ofDataUrl(url: unknown, text: string): Look {
  const [, type, data] = /^data:(image\/\w+);base64,(.+)$/.exec(String(url)) ?? [];
  return type === undefined || data === undefined ? undefined : { [type]: data, "text/plain": text };
}

/** Elements, documents and fragments of the DOM, whoever made them. */
const ofElement: Recognize = (value) => {
  const html = markupOf(value);
  if (html === undefined) return undefined;
  if (!/^<svg[\s>]/i.test(html)) return { "text/html": html, "text/plain": textOfHtml(html) };
  const svg = /^<svg[^>]*\sxmlns=/i.test(html)
    ? html
    : html.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
  return { "image/svg+xml": svg, "text/plain": "[SVG image]" };
};

function markupOf(node: Fields): string | undefined {
  if (node.nodeType === 1 && typeof node.outerHTML === "string") return node.outerHTML;
  if (node.nodeType === 9) return markupOf((node.documentElement ?? {}) as Fields);
  if (node.nodeType !== 11) return undefined;
  return Array.from(node.childNodes as Iterable<Fields>, (child) => markupOf(child) ?? String(child.textContent)).join(
    "",
  );
}

/** Tables of apache-arrow (`get(row).toJSON()`), and of polars and danfo.js (`toRecords()`). */
const ofColumns: Recognize = (value) => {
  const { numRows, schema, get, shape, columns } = value;
  if (typeof numRows === "number" && typeof schema === "object" && typeof get === "function") {
    const rows = Array.from({ length: Math.min(numRows, mostRows) }, (_, row) => toJson(get.call(value, row)));
    return table(
      rows,
      numRows,
      Array.isArray((schema as Fields).fields) ? ((schema as Fields).fields as unknown[]).length : 0,
    );
  }
  if (typeof value.toRecords !== "function" || !Array.isArray(columns) || shape === undefined) return undefined;
  const total = Number((shape as Fields).height ?? (shape as readonly number[])[0]);
  const head = typeof value.head === "function" ? (value.head.call(value, mostRows) as Fields) : value;
  return table(called(head, "toRecords") as Record<string, unknown>[], total, columns.length);
};

function toJson(row: unknown): Record<string, unknown> {
  return (called(row as Fields, "toJSON") ?? row) as Record<string, unknown>;
}

function table(rows: readonly Record<string, unknown>[], total: number, columns: number): Look {
  return {
    "text/html": formatTable(rows, total),
    "text/plain": `[table, ${total.toLocaleString("en-US")} rows × ${columns} columns]`,
  };
}

/** Such as tables of arquero. */
const ofHtmlMethod: Recognize = (value) => {
  const html = called(value, "toHTML");
  if (html instanceof Promise) return html.then((later) => (typeof later === "string" ? ofHtml(later) : undefined));
  return typeof html === "string" ? ofHtml(html) : undefined;
};

function ofHtml(html: string): MimeBundle {
  return { "text/html": html, "text/plain": textOfHtml(html) };
}
