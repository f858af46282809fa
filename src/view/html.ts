import { escapeMarkup } from "./text.js";

// Inline styles only: outputs share one page, and notebook viewers drop style sheets and scripts. Colors follow
// JupyterLab's theme; outside of it they are inherited, so that dark pages stay readable.
const quiet = "color:var(--jp-ui-font-color2,inherit);font-size:0.92em";

/** Frame of every HTML output: fonts and colors of the theme, wide content scrolls inside. */
export function frame(...parts: readonly string[]): string {
  const style =
    "max-width:100%;overflow-x:auto;color:var(--jp-content-font-color1,inherit);" +
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px)";
  return `<div style="${style}">${parts.filter(Boolean).join("")}</div>`;
}

export function heading(text: string): string {
  return `<div style="font-weight:600;font-size:1.08em;margin:4px 0">${escapeMarkup(text)}</div>`;
}

export function smallPrint(text: string): string {
  return `<div style="${quiet};margin:4px 0;white-space:pre-wrap">${escapeMarkup(text)}</div>`;
}

// Paper does not scroll: a wide table wraps its cells there. Viewers that drop style sheets lose nothing else.
const onPaper =
  "<style>@media print{.mfl-table td,.mfl-table th{white-space:normal!important;min-width:0!important;" +
  "overflow-wrap:break-word;padding:1px 2px!important;font-size:74%}}</style>";

/** A table element whose numbers stand in line; `body` is markup. Tables below each other are as wide as the output. */
export function tableElement(body: string, width: "auto" | "100%" = "auto"): string {
  const style = `border-collapse:collapse;border:none;margin:4px 0;font-variant-numeric:tabular-nums;width:${width}`;
  return `${onPaper}<table class="mfl-table" style="${style}" cellpadding="4">${body}</table>`;
}

/** A cell element; without a style JupyterLab would align everything to the right. */
export function cellElement(name: "td" | "th", text: string, style: string): string {
  return `<${name} style="${style}">${escapeMarkup(text)}</${name}>`;
}

export const quietStyle = quiet;
export const ruleStyle = "border-bottom:1px solid var(--jp-border-color1,#9e9e9e)";
