import type { InputFormat } from "./input/files.js";
import type { EncodingPolicy } from "./input/utf8-repair.js";
import type { WikitextPlace } from "./wikitext.js";

/** How to find the documents of a part of a text. */
export interface PartRules {
  readonly format: InputFormat;
  readonly place: WikitextPlace | undefined;
  readonly separator: string;
  readonly key: string;
  readonly encodingErrors: EncodingPolicy;
  readonly onBadLines: BadLinePolicy;
  readonly valid: boolean;
}

/** The documents of a part, each made of one or more texts. */
export interface PartDocuments {
  /** Valid UTF-8. */
  readonly bytes: Buffer;
  /** Start and end of every text in `bytes`: start, end, start, end … */
  readonly bounds: readonly number[];
  /** Texts of each document; undefined if each has one. */
  readonly texts: readonly number[] | undefined;
  /** Empty lines and empty documents that were left out. */
  readonly skipped: number;
  /** Byte sequences that were not UTF-8, and halves of characters in JSON escapes: replaced or left out. */
  readonly repaired: number;
  /** JSON lines and Parquet rows that can't be used and were left out. */
  readonly badLines: number;
  /** The first of them. */
  readonly badLine: BadLineFacts | undefined;
}

/** What to do with JSON lines and Parquet rows that can't be used: no JSON, another type, no such key. */
export type BadLinePolicy = "error" | "skip";

/** A line of a part that can't be used. */
export interface BadLineFacts {
  readonly code: "INPUT_LINE_INVALID" | "INPUT_KEY_MISSING" | "INPUT_NOT_UTF8";
  /** Where the line begins, counted from the beginning of the part. */
  readonly offset: number;
  /** Position in the line, from 1, in characters; undefined if the whole line is meant. */
  readonly column?: number | undefined;
  readonly message: string;
  /** JSON in another layout: a list, a value over several lines, or several values on one line. */
  readonly isOtherLayout?: boolean;
  /** Keys of the line whose values are text. */
  readonly keys?: readonly string[];
}

/** Thrown for a line that can't be used. */
export class BadLine extends Error {
  readonly facts: BadLineFacts;

  constructor(facts: BadLineFacts) {
    super(facts.message);
    this.facts = facts;
  }
}
