import type { Issue } from "../core/error.js";
import { bundleBytes, fitBundle, maximumBundleBytes } from "./budget.js";
import type { MimeBundle } from "./display-contract.js";
import { cellElement, frame, heading, smallPrint, tableElement } from "./html.js";
import { displayWidth, escapeMarkup, pad, shorten, shortenText, visibleControls } from "./text.js";

/**
 * A title and labeled facts below each other, such as the summary of a run. Values may have several lines. At most 64
 * KB: long values are shortened in the middle, then facts after the first ones hidden, with a line that says so.
 */
export function factsBundle(title: string, facts: readonly (readonly [label: string, value: string])[]): MimeBundle {
  const levels = [
    { count: 200, value: 4000 },
    { count: 100, value: 400 },
    { count: 40, value: 60 },
  ];
  return fitBundle(levels, (limits) => {
    const shown = facts
      .slice(0, limits.count)
      .map(([label, value]) => [shorten(label, Math.min(80, limits.value)), shortenText(value, limits.value)] as const);
    const hidden =
      facts.length > shown.length ? `⋮ ${facts.length - shown.length} of ${facts.length} facts hidden` : "";
    const name = shorten(title, 500);
    return { "text/plain": plainFacts(name, shown, hidden), "text/html": htmlFacts(name, shown, hidden) };
  });
}

type Facts = readonly (readonly [string, string])[];

function plainFacts(title: string, facts: Facts, hidden: string): string {
  const width = Math.max(0, ...facts.map(([label]) => displayWidth(label)));
  const indent = `\n${" ".repeat(width + 4)}`;
  const lines = facts.map(([label, value]) => {
    const name = pad(visibleControls(label), width, "left");
    return `  ${name}  ${visibleControls(value).replaceAll("\n", indent)}`.trimEnd();
  });
  return [visibleControls(title), ...lines, ...(hidden ? [hidden] : [])].join("\n");
}

function htmlFacts(title: string, facts: Facts, hidden: string): string {
  const label =
    "text-align:left;vertical-align:top;color:var(--jp-ui-font-color2,inherit);" +
    "white-space:nowrap;min-width:14ch;width:16ch";
  const rows = facts.map(([name, value]) => {
    const cell = cellElement("td", value, "text-align:left;white-space:pre-wrap;overflow-wrap:anywhere");
    return `<tr>${cellElement("td", name, label)}${cell}</tr>`;
  });
  const table = tableElement(`<tbody>${rows.join("")}</tbody>`, "100%");
  return frame(heading(title), table, hidden ? smallPrint(hidden) : "");
}

const severities = {
  error: { sign: "✗", color: "var(--jp-error-color1,#c62828)" },
  warning: { sign: "!", color: "var(--jp-warn-color0,#b26a00)" },
  advice: { sign: "·", color: "var(--jp-info-color1,#0277bd)" },
} as const;

/**
 * Findings as a list: errors first, then warnings and advice; each with its path, message, and the line to type. At
 * most 64 KB.
 */
export function issuesBundle(issues: readonly Issue[]): MimeBundle {
  const order = Object.keys(severities);
  const sorted = [...issues].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const levels = [
    { count: 40, text: 800 },
    { count: 40, text: 250 },
    { count: 20, text: 100 },
  ];
  return fitBundle(levels, (limits) => {
    const shown = sorted.slice(0, limits.count).map((issue) => ({
      ...issue,
      path: shorten(issue.path, limits.text),
      message: shortenText(issue.message, limits.text),
      hint: shortenText(issue.hint, limits.text),
    }));
    const rest = sorted.length - shown.length;
    const hidden = rest > 0 ? `⋮ ${rest} of ${sorted.length} findings hidden` : "";
    const title = issuesTitle(issues);
    const plain = [title, ...shown.map(plainIssue), ...(hidden ? [hidden] : [])].join("\n");
    const html = frame(heading(title), ...shown.map(htmlIssue), hidden ? smallPrint(hidden) : "");
    return { "text/plain": plain, "text/html": html };
  });
}

function issuesTitle(issues: readonly Issue[]): string {
  if (issues.length === 0) return "✓ no findings";
  const plural = { error: "errors", warning: "warnings", advice: "pieces of advice" };
  const singular = { error: "error", warning: "warning", advice: "piece of advice" };
  const parts = (["error", "warning", "advice"] as const).map((severity) => {
    const count = issues.filter((issue) => issue.severity === severity).length;
    return count === 0 ? "" : `${count} ${count === 1 ? singular[severity] : plural[severity]}`;
  });
  return parts.filter(Boolean).join(", ");
}

function place(issue: Issue): string {
  return `${issue.path}${issue.line === undefined ? "" : ` (line ${issue.line})`}`;
}

function plainIssue(issue: Issue): string {
  const lines = [`${severities[issue.severity].sign} ${issue.severity}  ${place(issue)}  [${issue.rule}]`];
  for (const text of [issue.message, `→ ${issue.hint}`]) lines.push(`    ${text.replaceAll("\n", "\n    ")}`);
  return visibleControls(lines.join("\n"));
}

function htmlIssue(issue: Issue): string {
  const { sign, color } = severities[issue.severity];
  const code = (text: string) =>
    `<code style="font-family:var(--jp-code-font-family,monospace)">${escapeMarkup(text)}</code>`;
  return (
    `<div style="border-left:3px solid ${color};padding:2px 10px;margin:6px 0">` +
    `<div><span style="color:${color};font-weight:600">${sign} ${issue.severity}</span> ${code(place(issue))}</div>` +
    `<div style="white-space:pre-wrap">${escapeMarkup(issue.message)}</div>` +
    `<div style="white-space:pre-wrap">→ ${escapeMarkup(issue.hint)}</div></div>`
  );
}

/**
 * Stacks bundles into one output of text/plain and text/html. A figure without HTML takes part with its picture.
 * Sections that would pass 64 KB are left out, with a line that says how many.
 */
export function joinBundles(bundles: readonly MimeBundle[]): MimeBundle {
  const plain: string[] = [];
  const html: string[] = [];
  let bytes = 256;
  let hidden = 0;
  for (const bundle of bundles) {
    const text = textOf(bundle["text/plain"]);
    const markup = textOf(bundle["text/html"]) || pictureMarkup(textOf(bundle["image/svg+xml"]));
    const section: MimeBundle = {
      "text/plain": `${text}\n\n`,
      "text/html": markup || `<pre>${escapeMarkup(text)}</pre>`,
    };
    bytes += bundleBytes(section);
    if (bytes > maximumBundleBytes) hidden += 1;
    else {
      plain.push(text);
      html.push(section["text/html"] as string);
    }
  }
  const note = hidden > 0 ? `⋮ ${hidden} of ${bundles.length} sections hidden (an output holds at most 64 KB)` : "";
  return {
    "text/plain": [...plain, ...(note ? [note] : [])].join("\n\n"),
    "text/html": html.join("\n") + (note ? frame(smallPrint(note)) : ""),
  };
}

function pictureMarkup(svg: string): string {
  return svg === "" ? "" : `<div style="max-width:760px">${svg}</div>`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
