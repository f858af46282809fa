import type { DisplayOptions, MimeBundle } from "../../../src/view/display-contract.js";
import { textOfHtml } from "./html-text.js";
import { imageBundle, isSvg } from "./images.js";
import { textOf } from "./mime.js";
import { formatTable } from "./object-table.js";

type Display = (value: unknown, options?: DisplayOptions) => void;

/**
 * `display` with a function for each kind of content: `display.html("<b>x</b>")`. Each has text for places that show
 * nothing else.
 */
export function withKinds(display: Display): Display & Kinds {
  const shown =
    <T>(bundle: (content: T) => MimeBundle) =>
    (content: T, options?: DisplayOptions): void =>
      display(bundle(content), options);
  return Object.assign((value: unknown, options?: DisplayOptions) => display(value, options), {
    html: shown<string>((html) => ({ "text/html": html, "text/plain": textOfHtml(html) })),
    markdown: shown<string>((markdown) => ({ "text/markdown": markdown, "text/plain": markdown })),
    latex: shown<string>((latex) => ({ "text/latex": withDollars(latex), "text/plain": latex })),
    svg: shown<string>((svg) => ({ "image/svg+xml": svg, "text/plain": "[SVG image]" })),
    json: shown<unknown>((json) => ({ "application/json": json, "text/plain": textOf(json) })),
    image: shown(bundleOfImage),
    table: shown<readonly Readonly<Record<string, unknown>>[]>((rows) => ({
      "text/html": formatTable(rows, rows.length, textOf),
      "text/plain": textOf(rows),
    })),
  });
}

/** The bundle of an image given as bytes or as SVG text; throws `TypeError` for anything else. */
function bundleOfImage(image: Uint8Array | string): MimeBundle {
  if (typeof image === "string") {
    if (isSvg(image)) return { "image/svg+xml": image, "text/plain": "[SVG image]" };
    throw new TypeError("display.image: expected the text of an SVG or the bytes of an image, found other text");
  }
  const bundle = imageBundle(image);
  if (bundle !== undefined) return bundle;
  throw new TypeError(
    `display.image: expected PNG, JPEG, GIF, WebP, or SVG, found ${image.length} bytes of something else`,
  );
}

function withDollars(latex: string): string {
  return /^\s*(?:\$|\\begin|\\\[|\\\()/.test(latex) ? latex : `$\\displaystyle ${latex}$`;
}

/** What `evaluate/prelude.ts` declares of it. */
export interface Kinds {
  html(html: string, options?: DisplayOptions): void;
  markdown(markdown: string, options?: DisplayOptions): void;
  latex(latex: string, options?: DisplayOptions): void;
  svg(svg: string, options?: DisplayOptions): void;
  json(value: unknown, options?: DisplayOptions): void;
  image(image: Uint8Array | string, options?: DisplayOptions): void;
  table(rows: readonly Readonly<Record<string, unknown>>[], options?: DisplayOptions): void;
}
