import type { MimeBundle } from "../../../src/view/display-contract.js";
import { isCatchAll } from "../../core/proxies.js";
import { ofColumns } from "./column-tables.js";
import { ofNodes } from "./document-nodes.js";
import { textOfHtml } from "./html-text.js";
import { imageBundle } from "./images.js";
import { called, type Fields, type Look, type Recognize } from "./recognize.js";

/**
 * How objects look that were made for notebooks of other kernels or for pages: hooks such as `_repr_html_`, `$display`
 * and `toHTML`, elements, canvases, tables of columns. Undefined for all others, and where a hook fails.
 */
export function foreignLook(value: unknown): Look | Promise<Look> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || isCatchAll(value))
    return undefined;
  const kinds =
    typeof value === "function" ? [ofHooks] : [ofHooks, ofCanvas, ofImage, ofNodes, ofColumns, ofHtmlMethod];
  for (const recognize of kinds) {
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
  // Of ijavascript.
  _toHtml: "text/html",
  _toSvg: "image/svg+xml",
  _toPng: "image/png",
  _toJpeg: "image/jpeg",
};

const ofHooks: Recognize = (value) => {
  for (const name of ["$display", "_repr_mimebundle_", "_toMime"]) {
    const given = called(value, name);
    if (given instanceof Promise) return given.then(asBundle);
    if (given !== undefined) return asBundle(given);
  }
  const found = Object.entries(hooks).flatMap(([name, type]) => {
    const data = called(value, name);
    return isContent(type, data) ? [[type, data] as const] : [];
  });
  if (found.length === 0) return undefined;
  if (!found.some(([, data]) => data instanceof Promise)) return withText(Object.fromEntries(found));
  const settled = found.map(async ([type, data]) => [type, await data] as const);
  return Promise.all(settled).then((entries) => {
    const known = entries.filter(([type, data]) => isContent(type, data));
    return known.length === 0 ? undefined : withText(Object.fromEntries(known));
  });
};

/** What a hook gives: text, the bytes of an image, JSON, or a promise of one of them. */
function isContent(type: string, data: unknown): boolean {
  if (data === undefined || data === null) return false;
  if (type === "application/json" || typeof data === "string") return true;
  return data instanceof Promise || data instanceof Uint8Array;
}

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

/** HTMLCanvasElement, node-canvas, @napi-rs/canvas, skia-canvas, and what draws on one. */
const ofCanvas: Recognize = (value) => {
  if (typeof value.toDataURL !== "function" || typeof value.width !== "number") {
    const { canvas } = value as { readonly canvas?: Fields };
    const isContext = typeof value.fillRect === "function" && typeof canvas?.toDataURL === "function";
    return isContext ? ofCanvas(canvas) : undefined;
  }
  const given = called(value, value.toDataURLSync === undefined ? "toDataURL" : "toDataURLSync");
  const text = `[canvas, ${value.width} × ${String(value.height)}]`;
  return given instanceof Promise ? given.then((url) => ofDataUrl(url, text)) : ofDataUrl(given, text);
};

function ofDataUrl(url: unknown, text: string): Look {
  const [, type, data] = /^data:(image\/\w+);base64,(.+)$/.exec(String(url)) ?? [];
  return type === undefined || data === undefined ? undefined : { [type]: data, "text/plain": text };
}

/** Images with their bytes, as of @napi-rs/canvas, and blobs. */
const ofImage: Recognize = (value) => {
  if (value instanceof Blob && value.type.startsWith("image/"))
    return value.arrayBuffer().then((bytes) => imageBundle(new Uint8Array(bytes)));
  const { src, width } = value;
  return src instanceof Uint8Array && typeof width === "number" ? imageBundle(src) : undefined;
};

/** Such as tables of arquero. */
const ofHtmlMethod: Recognize = (value) => {
  const html = called(value, "toHTML");
  if (html instanceof Promise) return html.then((later) => (typeof later === "string" ? ofHtml(later) : undefined));
  return typeof html === "string" ? ofHtml(html) : undefined;
};

function ofHtml(html: string): MimeBundle {
  return { "text/html": html, "text/plain": textOfHtml(html) };
}
