import { ConfigError } from "../../core/error.js";
import { type EmitOptions, emitAfterColon, emitBlock, emitFlow, emitKey, isInline, nest } from "./emit.js";
import {
  columnOf,
  follow,
  lineBreakOf,
  type MapNode,
  type ScalarNode,
  type SequenceNode,
  type YamlNode,
} from "./nodes.js";
import { shortValue } from "./short-value.js";
import { isSection, readValue, sameValue, splitPath } from "./values.js";

/** Replaces the half-open range by text. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Scope {
  readonly text: string;
  readonly path: string;
  /** True inside `[…]` or `{…}`, where everything stays in flow style. */
  readonly flow: boolean;
  /** Column of the key or dash that the value belongs to; -2 for the document itself. */
  readonly indent: number;
  /** True for an item of a block list. */
  readonly item: boolean;
  /** True for paths where an integral number gets a point. */
  readonly asFloat: (path: string) => boolean;
  /** The path that is set: there a whole number gets its point also if the value stays equal. */
  readonly target: string;
}

function join(path: string, key: string | number): string {
  return path === "" ? String(key) : `${path}.${key}`;
}

export function refuseEdit(path: string, reason: string, hint: string): ConfigError {
  const issue = { severity: "error", rule: "edit", path, message: `${path}: ${reason}`, hint } as const;
  return new ConfigError("CONFIG_EDIT_REFUSED", issue.message, { hint, issues: [issue], details: { path } });
}

/** Where the written part of a node ends (block collections end with their last value). */
export function contentEnd(node: YamlNode): number {
  if (node.kind === "map" && !node.flow)
    return contentEnd(node.entries.at(-1)?.value ?? (node.merged.at(-1) as YamlNode));
  if (node.kind === "sequence" && !node.flow) return contentEnd(node.items.at(-1) as YamlNode);
  return node.end;
}

function emitOptions(scope: Scope, old?: YamlNode): EmitOptions {
  const quoted = old?.kind === "scalar" && (old.style === "single" || old.style === "double") ? old.style : "plain";
  const { path } = scope;
  const wasFloat = old?.kind === "scalar" && old.resolved.kind === "float";
  const asFloat = (at: string) => (wasFloat && at === path) || scope.asFloat(at);
  return { lineBreak: lineBreakOf(scope.text), style: quoted, path, asFloat };
}

/** A new line at the end of the line that holds `offset`; block text (`|`) already ends with its line break. */
function lineInsertion(scope: Scope, offset: number, line: string): TextEdit {
  const { text } = scope;
  const lineBreak = lineBreakOf(text);
  if (offset > 0 && text[offset - 1] === "\n") return { start: offset, end: offset, text: line + lineBreak };
  let end = text.indexOf("\n", offset);
  if (end < 0) end = text.length;
  else if (text[end - 1] === "\r") end--;
  return { start: end, end, text: lineBreak + line };
}

function addKey(map: MapNode, [key, value]: readonly [string, unknown], scope: Scope): TextEdit {
  const options = emitOptions({ ...scope, path: join(scope.path, key) });
  if (map.flow) {
    const pair = `${emitKey(key)}: ${emitFlow(value, options)}`;
    const last = map.entries.at(-1)?.value ?? map.merged.at(-1);
    if (last === undefined) return { start: map.start + 1, end: map.start + 1, text: pair };
    return { start: last.end, end: last.end, text: `, ${pair}` };
  }
  const indent = columnOf(scope.text, map.start);
  const line = " ".repeat(indent) + emitKey(key) + emitAfterColon(value, indent, options);
  return lineInsertion(scope, contentEnd(map), line);
}

function addItem(list: SequenceNode, [index, value]: readonly [number, unknown], scope: Scope): TextEdit {
  const options = emitOptions({ ...scope, path: join(scope.path, index) }, list.items.at(-1));
  if (list.flow) {
    const last = list.items.at(-1);
    const text = emitFlow(value, options);
    if (last === undefined) return { start: list.start + 1, end: list.start + 1, text };
    return { start: last.end, end: last.end, text: `, ${text}` };
  }
  const indent = columnOf(scope.text, list.start);
  const item = isInline(value) ? emitFlow(value, options) : emitBlock(value, indent + 2, options);
  return lineInsertion(scope, contentEnd(list), `${" ".repeat(indent)}- ${item}`);
}

function isEmpty(node: YamlNode): boolean {
  return node.kind === "scalar" && node.style === "empty";
}

/** Puts `value` in the place of whatever the node holds now. */
function replaceNode(node: YamlNode, value: unknown, scope: Scope): TextEdit[] {
  const options = emitOptions(scope, node);
  const wasBlock = (node.kind === "map" || node.kind === "sequence") && !node.flow;
  if (scope.flow) {
    const text = emitFlow(value, options);
    return [{ start: node.start, end: node.end, text: isEmpty(node) ? ` ${text}` : text }];
  }
  const end = contentEnd(node);
  if (wasBlock) {
    const sameShape = Array.isArray(value)
      ? node.kind === "sequence" && value.length > 0
      : !isInline(value) && node.kind === "map";
    if (sameShape)
      return [{ start: node.start, end, text: emitBlock(value, columnOf(scope.text, node.start), options) }];
    const lineEnd = lineInsertion(scope, node.slot, "").start;
    if (lineEnd > node.start) return [{ start: node.start, end, text: emitFlow(value, options) }];
    return isInline(value)
      ? [
          { start: node.slot, end: node.slot, text: ` ${emitFlow(value, options)}` },
          { start: lineEnd, end, text: "" },
        ]
      : [{ start: node.start, end, text: emitBlock(value, columnOf(scope.text, node.start), options) }];
  }
  const blockText = node.kind === "scalar" && node.style === "block" && scope.text[end - 1] === "\n";
  const tail = blockText ? options.lineBreak : "";
  if (isInline(value) || scope.indent < 0) {
    const text = emitFlow(value, options) + tail;
    return [{ start: node.start, end, text: isEmpty(node) ? ` ${text}` : text }];
  }
  const deeper = scope.indent + 2;
  const block = emitBlock(value, deeper, options);
  if (scope.item && node.slot < node.start) return [{ start: node.start, end, text: block + tail }];
  const line = lineInsertion(scope, blockText ? end - 1 : end, " ".repeat(deeper) + block);
  return [{ start: node.slot, end, text: "" }, blockText ? { ...line, start: end, end, text: line.text + tail } : line];
}

function editMap(map: MapNode, value: Readonly<Record<string, unknown>>, scope: Scope): TextEdit[] | undefined {
  if (map.merged.length > 0 || map.entries.length === 0) return undefined;
  if (!map.entries.every(({ key }) => Object.hasOwn(value, key))) return undefined;
  const indent = map.flow ? scope.indent : columnOf(scope.text, map.start);
  const inner = { ...scope, indent, item: false, flow: scope.flow || map.flow };
  const edits = map.entries.flatMap(({ key, value: node }) =>
    editNode(node, value[key], { ...inner, path: join(scope.path, key) }),
  );
  const added = Object.keys(value).filter((key) => !map.entries.some((entry) => entry.key === key));
  return [...edits, ...added.map((key) => addKey(map, [key, value[key]], inner))];
}

function editList(list: SequenceNode, value: readonly unknown[], scope: Scope): TextEdit[] | undefined {
  if (list.items.length === 0 || list.items.length > value.length) return undefined;
  const indent = list.flow ? scope.indent : columnOf(scope.text, list.start);
  const inner = { ...scope, indent, item: true, flow: scope.flow || list.flow };
  const edits = list.items.flatMap((node, index) =>
    editNode(node, value[index], { ...inner, path: join(scope.path, index) }),
  );
  const known = list.items.length;
  const added = value.slice(known).map((item, at) => addItem(list, [known + at, item], inner));
  return [...edits, ...added];
}

/**
 * The smallest edits that give the node the value: what is equal already keeps its bytes, comments inside lists and
 * mappings stay.
 */
function editNode(node: YamlNode, value: unknown, scope: Scope): TextEdit[] {
  if (sameValue(readValue(node), value) && !lacksPoint(node, scope)) return [];
  let edits: TextEdit[] | undefined;
  if (node.kind === "map" && isSection(value)) edits = editMap(node, value, scope);
  if (node.kind === "sequence" && Array.isArray(value)) edits = editList(node, value, scope);
  return edits ?? replaceNode(node, value, scope);
}

/** True for a whole number at the very path that is set, where MindFormers wants a float: `0` is none to Python. */
function lacksPoint(node: YamlNode, { path, target, asFloat }: Scope): boolean {
  return path === target && node.kind === "scalar" && node.resolved.kind === "int" && asFloat(path);
}

function addBelow(node: ScalarNode, value: unknown, scope: Scope): TextEdit[] {
  if (node.resolved.kind !== "null") {
    const found = shortValue(node.resolved.value) || '""';
    throw refuseEdit(scope.path, `expected a section, found the value ${found}`, `set ${scope.path} itself`);
  }
  if (scope.indent < -1) {
    const line = emitBlock(value, 0, emitOptions(scope));
    return [lineInsertion(scope, node.slot, line)].map((edit) => (scope.text === "" ? { ...edit, text: line } : edit));
  }
  return replaceNode(node, value, scope);
}

function listPosition(list: SequenceNode, segment: string, path: string): number {
  const index = /^(?:0|[1-9]\d*)$/.test(segment) ? Number(segment) : Number.NaN;
  if (index <= list.items.length) return index;
  const expected = `a position from 0 to ${list.items.length} (${list.items.length} appends)`;
  throw refuseEdit(path, `expected ${expected}, found ${segment}`, `use a position, for example ${path}.0`);
}

/**
 * Edits that set `path` to `value`. Paths below an alias lead to the anchored node. Throws CONFIG_EDIT_REFUSED where
 * the text leaves it open what is meant.
 */
export function editsFor(
  root: YamlNode,
  text: string,
  request: { path: string; value: unknown; asFloat?: (path: string) => boolean },
): TextEdit[] {
  const segments = splitPath(request.path);
  const asFloat = request.asFloat ?? (() => false);
  let scope: Scope = { text, path: "", flow: false, indent: -2, item: false, asFloat, target: request.path };
  let node: YamlNode = root;
  for (const [depth, segment] of segments.entries()) {
    const at = follow(node);
    const rest = segments.slice(depth + 1);
    if (at.kind === "scalar" && node.kind === "alias")
      throw refuseEdit(scope.path, `is the alias *${node.name} of a single value`, `set ${scope.path} itself`);
    if (at.kind === "scalar") return addBelow(at, nest(segments.slice(depth), request.value), scope);
    const indent = at.flow ? scope.indent : columnOf(text, at.start);
    const inner = {
      ...scope,
      flow: (node === at ? scope.flow : false) || at.flow,
      indent,
      item: at.kind === "sequence",
    };
    let next: YamlNode | undefined;
    if (at.kind === "sequence") {
      next = at.items[listPosition(at, segment, scope.path)];
      if (next === undefined) return [addItem(at, [at.items.length, nest(rest, request.value)], inner)];
    } else {
      next = at.entries.findLast(({ key }) => key === segment)?.value;
      const inherited = at.merged.some((base) => Object.hasOwn(readValue(base) as object, segment));
      if (next === undefined && inherited && rest.length > 0)
        throw refuseEdit(
          request.path,
          `${segment} comes from a merged mapping (<<) and may be used elsewhere`,
          "edit the merged mapping itself",
        );
      if (next === undefined) return [addKey(at, [segment, nest(rest, request.value)], inner)];
    }
    scope = { ...inner, path: join(scope.path, segment) };
    node = next;
  }
  return editNode(node, request.value, scope);
}

export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = "";
  let from = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    result += text.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  return result + text.slice(from);
}
