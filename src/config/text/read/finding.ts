/** Something that keeps a text from being read; the caller turns it into a ConfigError with line and column. */
export interface Finding {
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

/** Thrown while a tree is built. */
export class SyntaxFinding extends Error implements Finding {
  readonly offset: number;
  readonly hint: string;
  constructor(finding: Finding) {
    super(finding.message);
    this.offset = finding.offset;
    this.hint = finding.hint;
  }
}
