import { contentEnd, refuseEdit, type TextEdit } from "./edit.js";
import { columnOf, lineBreakOf, type MapNode, type SequenceNode, type YamlNode } from "./nodes.js";
import { aliasesOf, nodeAt } from "./values.js";

/** Offset of the next thing that is neither space, line break nor comment. */
function skipTrivia(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < text.length && /[ \t\r\n]/.test(text[at] as string)) at++;
    if (text[at] !== "#" || (at > 0 && !/[ \t\r\n]/.test(text[at - 1] as string))) return at;
    while (at < text.length && text[at] !== "\n") at++;
  }
}

/** End of the line that holds `offset`, its line break included. */
function afterLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === "\n") return offset;
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** End of the line that holds `offset`, before its line break. */
function lineEnd(text: string, offset: number): number {
  const end = afterLine(text, offset);
  if (text[end - 1] !== "\n") return end;
  return text[end - 2] === "\r" ? end - 2 : end - 1;
}

interface Child {
  readonly container: MapNode | SequenceNode;
  /** The values before it in the container, in order. */
  readonly before: readonly YamlNode[];
  readonly value: YamlNode;
  /** Where its key or dash begins (block style). */
  readonly start: number;
  readonly only: boolean;
}

/** All values that are written in a mapping or list, those of merge keys too, in the order of the text. */
function written(container: MapNode | SequenceNode): readonly YamlNode[] {
  if (container.kind === "sequence") return container.items;
  const values = [...container.entries.map(({ value }) => value), ...container.merged];
  return values.sort((a, b) => a.slot - b.slot);
}

function childAt(container: MapNode | SequenceNode, segment: string, text: string): Child | undefined {
  const entry = container.kind === "map" ? container.entries.findLast(({ key }) => key === segment) : undefined;
  const value = container.kind === "map" ? entry?.value : container.items[Number(segment)];
  if (value === undefined) return undefined;
  const all = written(container);
  const before = all.slice(0, all.indexOf(value));
  const last = before.at(-1);
  const dash = last === undefined ? container.start : skipTrivia(text, contentEnd(last));
  return { container, before, value, start: entry?.keyStart ?? dash, only: all.length === 1 };
}

/** Offset of the comma between two places, or undefined; comments in between are passed over. */
function commaAfter(text: string, from: number): number | undefined {
  const at = skipTrivia(text, from);
  return text[at] === "," ? at : undefined;
}

function removeFromFlow({ container, before, value }: Child, text: string): TextEdit[] {
  const previous = before.at(-1);
  const comma = previous && commaAfter(text, previous.end);
  const start = skipTrivia(text, comma === undefined ? container.start + 1 : comma + 1);
  const end = Math.max(value.end, start);
  const next = commaAfter(text, end);
  const whole = (from: number, to: number): TextEdit[] => [{ start: from, end: to, text: "" }];
  const oneLine = (from: number, to: number): boolean => !text.slice(from, to).includes("\n");
  if (next === undefined) {
    if (comma === undefined) return whole(start, end);
    return oneLine(comma, start) ? whole(comma, end) : [...whole(comma, comma + 1), ...whole(start, end)];
  }
  const follower = skipTrivia(text, next + 1);
  const last = text[follower] === "]" || text[follower] === "}";
  if (last && comma !== undefined && oneLine(comma, start)) return whole(comma, next);
  return whole(start, !last && oneLine(next, follower) ? follower : next + 1);
}

function removeFromBlock(child: Child, text: string, path: string): TextEdit[] {
  const { container, value, start, only } = child;
  const end = contentEnd(value);
  const line = start - columnOf(text, start);
  const lead = text.slice(line, start);
  const ownLine = lead.trim() === "";
  if (!ownLine && !/^\s*(?:- +)+$/.test(lead))
    throw refuseEdit(path, "its key is written in a form that can't be removed", "edit the file's text at this place");
  if (only) {
    const empty = container.kind === "map" ? "{}" : "[]";
    const blockText = value.kind === "scalar" && value.style === "block" && text[end - 1] === "\n";
    if (ownLine && lineEnd(text, container.slot) < start && container.slot < start)
      return [
        { start: container.slot, end: container.slot, text: ` ${empty}` },
        { start: line, end: afterLine(text, end), text: "" },
      ];
    return [{ start, end, text: blockText ? empty + lineBreakOf(text) : empty }];
  }
  if (ownLine) return [{ start: line, end: afterLine(text, end), text: "" }];
  // The first key after a dash: what follows moves up to the dash, unless comments stand between them.
  const next = skipTrivia(text, end);
  if (!text.slice(lineEnd(text, end), next).includes("#")) return [{ start, end: next, text: "" }];
  return [{ start: line + lead.trimEnd().length, end: lineEnd(text, end), text: "" }];
}

function nodesBelow(node: YamlNode): YamlNode[] {
  const below: readonly YamlNode[] = node.kind === "map" || node.kind === "sequence" ? written(node) : [];
  return [node, ...below.flatMap(nodesBelow)];
}

/** Refuses to remove what aliases outside of it repeat. */
function refuseShared(root: YamlNode, value: YamlNode, path: string): void {
  const gone = new Set(nodesBelow(value));
  const users = aliasesOf(root).filter(({ node }) => gone.has(node.target) && !gone.has(node));
  const [first] = users;
  if (first === undefined) return;
  const places = users.map((user) => user.path).join(", ");
  const { name } = first.node;
  const anchor = `anchor &${name} at ${first.targetPath || path}`;
  const repeated = `*${name} at ${places} ${users.length === 1 ? "repeats" : "repeat"} it (${anchor})`;
  throw refuseEdit(path, repeated, `first config.unset("${first.path}") or give it a value of its own`);
}

/**
 * Edits that take `path` (aliases before it already replaced by their targets) out of the text. Throws
 * CONFIG_EDIT_REFUSED.
 */
export function editsForRemoval(root: YamlNode, text: string, path: string): TextEdit[] {
  const segments = path.split(".");
  const container = nodeAt(root, segments.slice(0, -1).join("."));
  const segment = segments.at(-1) as string;
  if (container === undefined || (container.kind !== "map" && container.kind !== "sequence"))
    throw refuseEdit(path, "there is nothing to remove", "config shows what there is");
  const child = childAt(container, segment, text);
  if (child === undefined) {
    const inherited = nodeAt(root, path) !== undefined;
    const reason = inherited
      ? `${segment} comes from a merged mapping (<<) and may be used elsewhere`
      : "there is nothing to remove";
    throw refuseEdit(path, reason, inherited ? "edit the merged mapping itself" : "config shows what there is");
  }
  refuseShared(root, child.value, path);
  return container.flow ? removeFromFlow(child, text) : removeFromBlock(child, text, path);
}
