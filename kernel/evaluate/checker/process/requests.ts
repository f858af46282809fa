import type { Completeness, Completion, Inspection } from "../../evaluator.js";
import type { Conversion } from "../cell/conversion.js";
import type { DeclaredName } from "../cell/declared-names.js";
import type { FoundPlace } from "../cell/questions/argument-place.js";

/** What the kernel asks the type checker's process. */
export type CheckerRequest =
  | { readonly kind: "open"; readonly workingDirectory: string; readonly packages: readonly string[] }
  /** For when there is nothing else to do: makes the first cell faster. */
  | { readonly kind: "prepare" }
  | { readonly kind: "convert"; readonly code: string }
  /** What a cell that has ended leaves to later ones. */
  | { readonly kind: "declare"; readonly own: readonly DeclaredName[]; readonly captures: readonly string[] }
  | { readonly kind: "complete"; readonly code: string; readonly cursor: number }
  | { readonly kind: "inspect"; readonly code: string; readonly cursor: number; readonly detail: 0 | 1 }
  | { readonly kind: "isComplete"; readonly code: string };

export interface CheckerAnswers {
  readonly open: null;
  readonly prepare: null;
  readonly convert: Conversion;
  readonly declare: null;
  /** `isInText`: nothing is offered, as the cursor is in a comment or a text. */
  readonly complete: Completion & { readonly place?: FoundPlace; readonly isInText?: true };
  readonly inspect: { readonly found?: Inspection; readonly place?: FoundPlace };
  readonly isComplete: Completeness;
}

/** Either direction of the pipe: four bytes of length (little endian), then JSON. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32LE(body.length);
  body.copy(frame, 4);
  return frame;
}

/** Reads the bytes of a pipe as they arrive and returns the values in them; see `encodeFrame`. */
export function createFrameReader(take: (message: unknown) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = 4;
  return (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < needed) return;
    let bytes = Buffer.concat(chunks);
    for (;;) {
      needed = bytes.length < 4 ? 4 : 4 + bytes.readUInt32LE();
      if (bytes.length < needed) break;
      take(JSON.parse(bytes.toString("utf8", 4, needed)));
      bytes = bytes.subarray(needed);
    }
    chunks = [bytes];
    size = bytes.length;
  };
}

export interface Numbered {
  readonly id: number;
}

/** `null` stands for `undefined`; `error` is a stack. */
export type CheckerReply = Numbered & ({ readonly result: unknown } | { readonly error: string });
