import { createRequire } from "node:module";
import type { Tokenizer as NativeTokenizer } from "tokenizers";
import { DataError } from "../../core/error.js";

/** Loaded with the first tokenizer: most cells that import the library never open one. */
const library = () => createRequire(import.meta.url)("tokenizers") as typeof import("tokenizers");

/** The native tokenizer without the padding and truncation that its file may ask for: MindFormers switches both off. */
export function nativeTokenizer(json: string, file: string): NativeTokenizer {
  try {
    const native = library().Tokenizer.fromString(json);
    native.disablePadding();
    native.disableTruncation();
    return native;
  } catch (cause) {
    throw invalidTokenizer(
      file,
      `expected a Hugging Face tokenizer, found ${cause instanceof Error ? cause.message : cause}`,
      cause,
    );
  }
}

/** The text of `OpenTokenizer.bytes`. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

export function invalidTokenizer(file: string, found: string, cause?: unknown): DataError {
  return new DataError("TOKENIZER_INVALID", `tokenizer ${file}: ${found}`, {
    hint: "pass the tokenizer.json of the model, or the folder that holds it",
    details: { file },
    cause,
  });
}
