import { formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../view/sections.js";
import { tableBundle } from "../../view/table.js";

/** One document with its tokens and text. */
export interface PeekedDocument {
  readonly document: number;
  /** First sequence of the document, and how many it has. */
  readonly sequence: number;
  readonly sequences: number;
  /** The tokens from `from` on, at most `count`. */
  readonly ids: readonly number[];
  readonly from: number;
  /** Tokens of the whole document. */
  readonly tokens: number;
  /** The text of `ids`, special tokens written out; undefined without a tokenizer. */
  readonly text: string | undefined;
  /** The text of each id. */
  readonly pieces: readonly string[] | undefined;
}

/**
 * A document (of MindRecord files: a row) with its text cut where tokens begin. Shows itself.
 *
 * @example
 * const data = await openDataset("dataset/wiki");
 * const { text, ids } = await data.peek(0); // the first document
 */
export class DocumentPeek implements PeekedDocument {
  readonly document: number;
  readonly sequence: number;
  readonly sequences: number;
  readonly ids: readonly number[];
  readonly from: number;
  readonly tokens: number;
  readonly text: string | undefined;
  readonly pieces: readonly string[] | undefined;
  /** Documents in the dataset. */
  readonly documents: number;
  /** Why `text` is missing, if it is. */
  readonly note: string;
  /** What this dataset calls a document. */
  readonly what: "document" | "row";

  constructor(found: PeekedDocument, about: Pick<DocumentPeek, "documents" | "note" | "what">) {
    this.document = found.document;
    this.sequence = found.sequence;
    this.sequences = found.sequences;
    this.ids = found.ids;
    this.from = found.from;
    this.tokens = found.tokens;
    this.text = found.text;
    this.pieces = found.pieces;
    this.documents = about.documents;
    this.note = about.note;
    this.what = about.what;
  }

  [displayKey](): MimeBundle {
    const { ids, from, tokens, pieces } = this;
    const start = from > 0 ? `, from token ${formatCount(from)} on` : "";
    const shown = `${formatCount(ids.length)} of ${formatCount(tokens)} tokens${start}`;
    const where =
      this.sequences === 1
        ? `sequence ${formatCount(this.sequence)}`
        : `${formatCount(this.sequences)} sequences from ${formatCount(this.sequence)} on`;
    const what = this.what === "row" ? "Row" : "Document";
    const facts = factsBundle(`${what} ${formatCount(this.document)} of ${formatCount(this.documents)}`, [
      ["tokens", this.what === "row" ? shown : `${shown}, in ${where}`],
      ["text", this.text ?? this.note],
      ["tokens of it", pieces ? pieces.slice(0, 400).join("│") : ids.slice(0, 400).join(" ")],
    ]);
    const rows = ids.slice(0, 16).map((id, i) => ({
      position: from + i,
      id,
      text: pieces?.[i] === undefined ? undefined : JSON.stringify(pieces[i]),
    }));
    const columns = [
      { key: "position", align: "right" as const },
      { key: "id", align: "right" as const },
      { key: "text" },
    ];
    return joinBundles([
      facts,
      tableBundle({ columns: pieces ? columns : columns.slice(0, 2), rows, note: "all: .ids and .pieces" }),
    ]);
  }
}
