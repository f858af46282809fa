import type { Completeness, Completion, Inspection } from "../evaluator.js";
import type { Diagnostic } from "../failure.js";
import type { Edit } from "../text-edits.js";
import type { Carried } from "./carried.js";

/** What the kernel asks the type checker's process. */
export type CheckerRequest =
  | { readonly kind: "open"; readonly workingDirectory: string; readonly packages: readonly string[] }
  /** For when there is nothing else to do: makes the first cell faster. */
  | { readonly kind: "prepare" }
  | { readonly kind: "convert"; readonly code: string }
  /** What a cell that has ended leaves to later ones. */
  | { readonly kind: "declare"; readonly own: readonly Carried[] }
  | { readonly kind: "complete"; readonly code: string; readonly cursor: number }
  | { readonly kind: "inspect"; readonly code: string; readonly cursor: number; readonly detail: 0 | 1 }
  | { readonly kind: "isComplete"; readonly code: string };

export interface CheckerAnswers {
  readonly open: null;
  readonly prepare: null;
  readonly convert: Conversion;
  readonly declare: null;
  readonly complete: Completion;
  readonly inspect: Inspection | null;
  readonly isComplete: Completeness;
}

/** Why the cell may not run, or its script. */
export type Conversion =
  | { readonly diagnostics: readonly Diagnostic[]; readonly script?: undefined }
  | { readonly script: CellScript };

/** A cell that may run. */
export interface CellScript {
  /** CommonJS: the body of a function of `exports`, `require` and the interrupt flag; it returns the last expression's value in an array. */
  readonly javascript: string;
  /** Source map from `javascript` to the cell with `edits`, as JSON; none if they are the same. */
  readonly map?: string;
  readonly edits: readonly Edit[];
  readonly awaits: boolean;
  readonly imports: readonly string[];
  readonly declares: readonly Carried[];
  /** Files of the user's that the cell imports, as far as they are new or have changed. */
  readonly files: readonly ConvertedFile[];
}

export interface ConvertedFile {
  readonly path: string;
  /** The file as it is written. */
  readonly code: string;
  readonly javascript: string;
  /** Source map from `javascript` to the file with `edits`, as JSON. */
  readonly map: string;
  readonly edits: readonly Edit[];
  /** It awaits outside of any function. */
  readonly awaits: boolean;
  /** Modules that it imports statically. */
  readonly imports: readonly string[];
}

/** Either direction of the pipe: four bytes of length (little endian), then JSON. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32LE(body.length);
  body.copy(frame, 4);
  return frame;
}

export interface Numbered {
  readonly id: number;
}

/** A null result, JSON's for nothing, is `undefined`-like; `error` is a stack. */
export type CheckerReply = Numbered & ({ readonly result: unknown } | { readonly error: string });
