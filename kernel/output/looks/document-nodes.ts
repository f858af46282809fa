import { cutText } from "../../core/text.js";
import { textOfHtml } from "./html-text.js";
import type { Fields, Look, Recognize } from "./recognize.js";

/** Nodes of a list that are shown. */
const mostNodes = 50;

/** Numbers of `Node.nodeType`. */
const types = { element: 1, attribute: 2, text: 3, comment: 8, document: 9, fragment: 11 } as const;

/** Nodes of the DOM, lists of them, and windows, whoever made them: jsdom, linkedom, happy-dom. */
export const ofNodes: Recognize = (value) => {
  const root = documentOf(value);
  if (root !== undefined) return ofMarkup(markupOf(root));
  const text = textOfNode(value);
  if (text !== undefined) return { "text/plain": text };
  return ofMarkup(markupOf(value) ?? markupOfList(value));
};

function ofMarkup(html: string | undefined): Look {
  if (html === undefined) return undefined;
  if (!/^<svg[\s>]/i.test(html)) return { "text/html": html, "text/plain": textOfHtml(html) };
  const svg = /^<svg[^>]*\sxmlns=/i.test(html)
    ? html
    : html.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
  return { "image/svg+xml": svg, "text/plain": "[SVG image]" };
}

/** The document of a window, or of jsdom's `JSDOM`. */
function documentOf(value: Fields): Fields | undefined {
  if (value.nodeType !== undefined) return undefined;
  const isHolder = typeof value.serialize === "function" && typeof value.window === "object";
  const window = isHolder ? (value.window as Fields) : value.window === value ? value : undefined;
  const found = window?.document as Fields | undefined;
  return found?.nodeType === types.document ? found : undefined;
}

function textOfNode(node: Fields): string | undefined {
  const { nodeType, nodeValue, name } = node;
  if (typeof nodeValue !== "string") return undefined;
  const text = JSON.stringify(cutText(nodeValue, 1000));
  if (nodeType === types.attribute) return `${cutText(String(name), 200)}=${text}`;
  if (nodeType === types.text) return `#text ${text}`;
  return nodeType === types.comment ? `#comment ${text}` : undefined;
}

function markupOf(node: Fields): string | undefined {
  if (node.nodeType === types.element && typeof node.outerHTML === "string") return node.outerHTML;
  if (node.nodeType === types.document) return markupOf((node.documentElement ?? {}) as Fields);
  if (node.nodeType !== types.fragment) return undefined;
  return partsOf(node.childNodes as Iterable<Fields>).join("");
}

function partsOf(nodes: Iterable<Fields>): string[] {
  return Array.from(nodes, (child) => markupOf(child) ?? escaped(String(child.textContent ?? "")));
}

/** Of `NodeList`, `HTMLCollection`, `NamedNodeMap`, and arrays of nodes. */
function markupOfList(value: Fields): string | undefined {
  const { length, item } = value;
  if (typeof length !== "number" || length === 0 || !(Array.isArray(value) || typeof item === "function"))
    return undefined;
  const nodes = Array.from({ length: Math.min(length, mostNodes) }, (_, index) => value[index] as Fields | undefined);
  if (!nodes.every((node) => Object.values<unknown>(types).includes(node?.nodeType))) return undefined;
  const rows = nodes.map((node) => {
    const text = textOfNode(node as Fields);
    return `<li>${text === undefined ? partsOf([node as Fields])[0] : `<code>${escaped(text)}</code>`}</li>`;
  });
  const more = length > mostNodes ? `<p>… ${(length - mostNodes).toLocaleString("en-US")} more nodes</p>` : "";
  return `<ol start="0">${rows.join("")}</ol>${more}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
