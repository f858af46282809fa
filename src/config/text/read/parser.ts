import { SyntaxFinding } from "./finding.js";
import type { RawDocument, RawNode } from "./raw.js";
import { scanTokens } from "./scanner.js";
import { type Token, tokenWords } from "./tokens.js";

type Kind = Token["kind"];

/** What may stand before the content of a node. */
interface Properties {
  readonly anchor: string | undefined;
  readonly tag: string | undefined;
  /** Written as `!` alone: the text decides on the type. */
  readonly open: boolean;
  readonly slot: number;
  readonly written: boolean;
}

const defaultHandles: readonly (readonly [string, string])[] = [
  ["!", "!"],
  ["!!", "tag:yaml.org,2002:"],
];

const indentHint = "indent like the lines around it, and close what was opened with [ or {";

/** The documents of a text, as PyYAML's parser builds them from tokens. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  #at = 0;
  #handles = new Map(defaultHandles);

  constructor(text: string) {
    this.#tokens = scanTokens(text);
    this.#length = text.length;
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #is(...kinds: readonly Kind[]): boolean {
    return kinds.includes(this.#token.kind);
  }

  #take(): Token {
    const token = this.#token;
    this.#at++;
    return token;
  }

  #unexpected(expected: string, hint = indentHint, before = ""): SyntaxFinding {
    const { start } = this.#token;
    return new SyntaxFinding({
      offset: start,
      message: `${before}expected ${expected}, found ${tokenWords(this.#token)}`,
      hint,
    });
  }

  documents(): RawDocument[] {
    const found: RawDocument[] = [];
    if (!this.#is("directive", "document-start", "document-end", "stream-end")) found.push(this.#document(false));
    for (;;) {
      while (this.#is("document-end")) this.#take();
      if (this.#is("stream-end")) return found;
      found.push(this.#document(true));
    }
  }

  #document(explicit: boolean): RawDocument {
    const { start } = this.#token;
    this.#handles = new Map(defaultHandles);
    if (explicit) {
      this.#directives();
      if (!this.#is("document-start")) throw this.#unexpected("--- before the next document");
      this.#take();
    }
    const empty = explicit && this.#is("directive", "document-start", "document-end", "stream-end");
    const end = (): number => (this.#is("stream-end") ? this.#length : this.#token.start);
    const root = empty ? this.#empty(end()) : this.#node({ slot: end(), block: true });
    return { root: { ...root, slot: end() }, start, end: end() };
  }

  #directives(): void {
    const own = new Set<string>();
    for (; this.#token.kind === "directive"; this.#at++) {
      const { name, major, tag, start } = this.#token;
      const wrong = (name === "YAML" && (own.has("%YAML") || major !== 1)) || (tag !== undefined && own.has(tag[0]));
      if (wrong)
        throw new SyntaxFinding({ offset: start, message: "a directive that PyYAML rejects", hint: "remove it" });
      own.add(tag?.[0] ?? `%${name}`);
      if (tag !== undefined) this.#handles.set(tag[0], tag[1]);
    }
  }

  #empty(slot: number, { anchor, tag }: Partial<Properties> = {}): RawNode {
    const place = { start: slot, end: slot, slot, anchor, tag };
    return { kind: "scalar", ...place, style: "empty", value: "", implicit: tag === undefined };
  }

  #properties(slot: number): Properties {
    let anchor: string | undefined;
    let tag: string | undefined;
    let open = false;
    let end = slot;
    const first = this.#token.kind;
    for (let token = this.#token; token.kind === "anchor" || token.kind === "tag"; token = this.#token) {
      // An anchor and a tag, in either order, each once.
      if ((token.kind === "anchor" && anchor !== undefined) || (token.kind === "tag" && (tag !== undefined || open)))
        break;
      this.#take();
      end = token.end;
      if (token.kind === "tag") {
        open = token.handle === undefined && token.suffix === "!";
        tag = open ? undefined : this.#fullTag(token);
      } else anchor = token.name;
    }
    return { anchor, tag, open, slot: end, written: first === "anchor" || first === "tag" };
  }

  #fullTag(token: Extract<Token, { kind: "tag" }>): string {
    if (token.handle === undefined) return token.suffix;
    const prefix = this.#handles.get(token.handle);
    if (prefix === undefined)
      throw new SyntaxFinding({
        offset: token.start,
        message: `unknown tag handle ${token.handle}`,
        hint: "remove the tag",
      });
    return prefix + token.suffix;
  }

  /** A node; `indentless`: the value of a key, whose list may begin in the key's own column. */
  #node({ slot, block = false, indentless = false }: { slot: number; block?: boolean; indentless?: boolean }): RawNode {
    const first = this.#token;
    if (first.kind === "alias") {
      this.#take();
      return { kind: "alias", start: first.start, end: first.end, slot, name: first.name };
    }
    const properties = this.#properties(slot);
    const { anchor, tag, open } = properties;
    const token = this.#token;
    const base = { anchor, tag, slot: properties.slot };
    if (indentless && token.kind === "block-entry") return { ...this.#blockItems(true), ...base };
    if (token.kind === "scalar") {
      this.#take();
      const { style, value, start, end } = token;
      const implicit = open || (style === "plain" && tag === undefined);
      return { kind: "scalar", ...base, start, end, style, value, implicit };
    }
    if (token.kind === "flow-sequence-start") return { ...this.#flowSequence(), ...base };
    if (token.kind === "flow-mapping-start") return { ...this.#flowMap(), ...base };
    if (block && token.kind === "block-sequence-start") {
      this.#take();
      return { ...this.#blockItems(false), ...base };
    }
    if (block && token.kind === "block-mapping-start") return { ...this.#blockMap(), ...base };
    if (properties.written) return this.#empty(properties.slot, properties);
    throw this.#unexpected("a value");
  }

  #blockItems(indentless: boolean) {
    const items: RawNode[] = [];
    const { start } = this.#token;
    const ends: readonly Kind[] = indentless
      ? ["block-entry", "key", "value", "block-end"]
      : ["block-entry", "block-end"];
    while (this.#is("block-entry")) {
      const { end: slot } = this.#take();
      items.push(this.#is(...ends) ? this.#empty(slot) : this.#node({ slot, block: true }));
    }
    if (!indentless) {
      if (!this.#is("block-end")) throw this.#unexpected("the next - of the list, or a line with less indentation");
      this.#take();
    }
    return { kind: "sequence", start, end: items.at(-1)?.end ?? start, flow: false, items } as const;
  }

  #blockMap() {
    const pairs: [RawNode, RawNode][] = [];
    this.#take();
    const { start } = this.#token;
    const ends = ["key", "value", "block-end"] as const;
    // A colon without a key is an error for PyYAML.
    while (this.#is("key")) {
      const { end } = this.#take();
      const key = this.#is(...ends) ? this.#empty(end) : this.#node({ slot: end, block: true, indentless: true });
      pairs.push([key, this.#blockValue(key)]);
    }
    if (!this.#is("block-end")) throw this.#unexpected("the next key, or a line with less indentation");
    this.#take();
    return { kind: "map", start, end: pairs.at(-1)?.[1].end ?? start, flow: false, pairs } as const;
  }

  #blockValue(key: RawNode): RawNode {
    if (!this.#is("value")) return this.#empty(key.end);
    const { end: slot } = this.#take();
    return this.#is("key", "value", "block-end")
      ? this.#empty(slot)
      : this.#node({ slot, block: true, indentless: true });
  }

  #comma(first: boolean, close: "]" | "}"): void {
    if (first) return;
    if (!this.#is("flow-entry"))
      throw this.#unexpected(
        `a comma or ${close}`,
        `add the comma, or close with ${close}`,
        `unclosed ${close === "]" ? "[" : "{"}: `,
      );
    this.#take();
  }

  #flowSequence() {
    const { start } = this.#take();
    const items: RawNode[] = [];
    for (let first = true; !this.#is("flow-sequence-end"); first = false) {
      this.#comma(first, "]");
      if (this.#is("key")) items.push(this.#singlePair());
      else if (!this.#is("flow-sequence-end")) items.push(this.#node({ slot: this.#token.start }));
    }
    const { end } = this.#take();
    return { kind: "sequence", start, end, flow: true, items } as const;
  }

  /** `[key: value]`: a mapping of one pair without braces. */
  #singlePair(): RawNode {
    const { start, end } = this.#take();
    const ends = ["value", "flow-entry", "flow-sequence-end"] as const;
    const key = this.#is(...ends) ? this.#empty(end) : this.#node({ slot: end });
    const value = this.#flowValue(key, "flow-sequence-end");
    const place = { start, end: Math.max(key.end, value.end), slot: start, anchor: undefined, tag: undefined };
    return { kind: "map", ...place, flow: true, pairs: [[key, value]] };
  }

  #flowValue(key: RawNode, close: Kind): RawNode {
    if (!this.#is("value")) return this.#empty(key.end);
    const { end: slot } = this.#take();
    return this.#is("flow-entry", close) ? this.#empty(slot) : this.#node({ slot });
  }

  #flowMap() {
    const { start } = this.#take();
    const pairs: [RawNode, RawNode][] = [];
    for (let first = true; !this.#is("flow-mapping-end"); first = false) {
      this.#comma(first, "}");
      if (this.#is("key")) {
        const { end } = this.#take();
        const none = this.#is("value", "flow-entry", "flow-mapping-end");
        const key = none ? this.#empty(end) : this.#node({ slot: end });
        pairs.push([key, this.#flowValue(key, "flow-mapping-end")]);
      } else if (!this.#is("flow-mapping-end")) {
        const key = this.#node({ slot: this.#token.start });
        pairs.push([key, this.#empty(key.end)]);
      }
    }
    const { end } = this.#take();
    return { kind: "map", start, end, flow: true, pairs } as const;
  }
}

/** The documents of a text before tags, types, and aliases are resolved; throws SyntaxFinding. */
export const parseDocuments = (text: string): RawDocument[] => new Parser(text).documents();
