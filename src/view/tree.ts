import { fitBundle } from "./budget.js";
import type { MimeBundle } from "./display-contract.js";
import { frame, heading, quietStyle, smallPrint } from "./html.js";
import { displayWidth, escapeMarkup, oneLine, pad, shorten, visibleControls } from "./text.js";

export type TreeMark = "changed" | "error" | "warning" | "advice";

/** One line of a tree, or a section that folds if it has children. */
export interface TreeNode {
  readonly label: string;
  readonly value?: string | undefined;
  /** Short text behind the value, such as where it comes from. */
  readonly side?: string | undefined;
  /** What it means, in a quiet color at the end of the line. */
  readonly note?: string | undefined;
  /** Shown when the pointer rests on the label. */
  readonly tip?: string | undefined;
  readonly mark?: TreeMark | undefined;
  /** Lines below, in the color of the mark. */
  readonly remarks?: readonly string[];
  /** Makes it a section. */
  readonly children?: readonly TreeNode[] | undefined;
  /** The section's content in few words, shown beside its name. */
  readonly digest?: string | undefined;
}

export interface TreeSpec {
  readonly title: string;
  /** Below the title. */
  readonly subtitle?: string | undefined;
  readonly nodes: readonly TreeNode[];
  /** Below everything. */
  readonly footer?: string | undefined;
  /** What a terminal shows instead of the tree. */
  readonly plain: string;
}

// Middle tones that stay readable on white and on black where JupyterLab's own colors are missing.
const colors: Readonly<Record<TreeMark, string>> = {
  changed: "var(--jp-brand-color1,#1e88e5)",
  error: "var(--jp-error-color1,#e53935)",
  warning: "var(--jp-warn-color0,#d07a00)",
  advice: "var(--jp-info-color1,#0097a7)",
};
const signs: Readonly<Record<TreeMark, string>> = { changed: "●", error: "✗", warning: "!", advice: "·" };
const order: readonly TreeMark[] = ["error", "warning", "changed", "advice"];

interface Limits {
  readonly rows: number;
  readonly value: number;
  readonly notes: boolean;
  readonly tips: boolean;
}

const levels: readonly Limits[] = [
  { rows: 1000, value: 60, notes: true, tips: true },
  { rows: 1000, value: 60, notes: true, tips: false },
  { rows: 600, value: 40, notes: false, tips: false },
  { rows: 200, value: 24, notes: false, tips: false },
];

/** The strongest mark in a node and below it. */
export function markOf(node: TreeNode): TreeMark | undefined {
  const marks = [node.mark, ...(node.children ?? []).map(markOf)];
  return order.find((mark) => marks.includes(mark));
}

/**
 * A tree whose sections fold (HTML's own `<details>`, no script), one line per value: name, value, where it comes from,
 * meaning. Sections with a mark in them are open. text/plain is what the caller gives. At most 64 KB: notes go first,
 * then lines, with a line that says so.
 */
export function treeBundle(spec: TreeSpec): MimeBundle {
  const total = count(spec.nodes);
  return fitBundle(levels, (limits) => {
    const budget = { left: limits.rows };
    const body = drawNodes(spec.nodes, limits, budget);
    const hidden = budget.left < 0 ? `⋮ ${-budget.left} of ${total} lines hidden` : "";
    const parts = [heading(shorten(spec.title, 400)), spec.subtitle ? smallPrint(spec.subtitle) : "", body];
    const html = frame(...parts, smallPrint([hidden, spec.footer ?? ""].filter(Boolean).join("\n")));
    return { "text/plain": shorten(visibleControls(spec.plain), 20_000), "text/html": html };
  });
}

function count(nodes: readonly TreeNode[]): number {
  return nodes.reduce((sum, node) => sum + 1 + count(node.children ?? []), 0);
}

function drawNodes(nodes: readonly TreeNode[], limits: Limits, budget: { left: number }): string {
  const shown = nodes.filter(() => budget.left-- > 0);
  const leaves = shown.filter(({ children }) => children === undefined);
  const sections = shown.filter(({ children }) => children !== undefined);
  return drawLeaves(leaves, limits) + sections.map((section) => drawSection(section, limits, budget)).join("");
}

function colored(text: string, mark: TreeMark, weight = ""): string {
  return `<span style="color:${colors[mark]}${weight}">${escapeMarkup(text)}</span>`;
}

function quiet(text: string): string {
  return `<span style="opacity:.62">${escapeMarkup(text)}</span>`;
}

const lineStyle =
  "margin:0;padding:0;border:0;background:none;color:inherit;line-height:1.55;white-space:pre;" +
  "font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:var(--jp-code-font-size,12px)";

/** Characters that a notebook with an open side bar has room for; longer lines end in an ellipsis where they must. */
const longLine = 96;
const ellipsis = "overflow:hidden;text-overflow:ellipsis";

function drawLeaves(leaves: readonly TreeNode[], limits: Limits): string {
  if (leaves.length === 0) return "";
  const text = (value: string | undefined): string => shorten(oneLine(value ?? ""), limits.value);
  const widest = (of: (leaf: TreeNode) => string, most: number): number =>
    Math.min(most, Math.max(0, ...leaves.map((leaf) => displayWidth(of(leaf)))));
  const widths = { label: widest(({ label }) => label, 36), value: widest(({ value }) => text(value), 30) };
  const side = widest((leaf) => leaf.side ?? "", 34);
  const lines = leaves.flatMap((leaf) => {
    const sign = leaf.mark === undefined ? " " : colored(signs[leaf.mark], leaf.mark);
    const tip = limits.tips && leaf.tip !== undefined ? ` title="${escapeMarkup(leaf.tip)}"` : "";
    const name = `<span${tip}>${escapeMarkup(pad(oneLine(leaf.label), widths.label, "left"))}</span>`;
    const value = pad(text(leaf.value), widths.value, "left");
    const strong =
      leaf.mark === "changed" ? colored(value, "changed", ";font-weight:600") : `<b>${escapeMarkup(value)}</b>`;
    const rest = `${pad(leaf.side ?? "", side, "left")}  ${limits.notes ? (leaf.note ?? "") : ""}`.trimEnd();
    const below = (leaf.remarks ?? []).map((remark) => `${remarkLine(remark, leaf.mark ?? "advice")}\n`);
    const whole = widths.label + widths.value + displayWidth(rest) + 6;
    const line = `${sign} ${name}  ${strong}  ${quiet(rest)}`;
    return [whole > longLine ? `<span style="${ellipsis};display:block">${line}</span>` : `${line}\n`, ...below];
  });
  return `<pre style="${lineStyle}">${lines.join("")}</pre>`;
}

function cut(text: string, limit: number): string {
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}

function remarkLine(remark: string, mark: TreeMark): string {
  const style = "display:inline-block;white-space:pre-wrap;max-width:96ch;margin-left:4ch;vertical-align:top";
  return `<span style="${style}">${colored(shorten(oneLine(remark), 400), mark)}</span>`;
}

function drawSection(section: TreeNode, limits: Limits, budget: { left: number }): string {
  const mark = markOf(section);
  const open = mark === "changed" || mark === "error" || mark === "warning" ? " open" : "";
  const sign = mark === undefined ? "" : ` ${colored(signs[mark], mark)}`;
  const tip = limits.tips && section.tip !== undefined ? ` title="${escapeMarkup(section.tip)}"` : "";
  const digest = section.digest === undefined ? "" : ` ${quiet(cut(oneLine(section.digest), 110))}`;
  const note = limits.notes && section.note ? `<div style="${quietStyle}">${escapeMarkup(section.note)}</div>` : "";
  const remarks = (section.remarks ?? []).map((remark) => remarkLine(remark, section.mark ?? "advice")).join("\n");
  const below = remarks === "" ? "" : `<pre style="${lineStyle}">${remarks}</pre>`;
  return (
    `<details${open} style="margin:2px 0"><summary style="cursor:pointer;white-space:nowrap;${ellipsis}"${tip}>` +
    `<b>${escapeMarkup(oneLine(section.label))}</b>${sign}${digest}</summary>` +
    `<div style="margin:1px 0 5px 5px;padding-left:12px;border-left:1px solid var(--jp-border-color1,#9e9e9e)">` +
    `${note}${below}${drawNodes(section.children ?? [], limits, budget)}</div></details>`
  );
}
