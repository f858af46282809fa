/** The parts of a tokenizer.json that are looked at here; the native library reads the rest. */
export interface TokenizerFile {
  readonly model: {
    readonly type?: string;
    /** Token → id; for Unigram a list whose positions are the ids. */
    readonly vocab?: Readonly<Record<string, number>> | readonly unknown[];
    readonly merges?: readonly (string | readonly string[])[];
    readonly dropout?: number | null;
    readonly continuing_subword_prefix?: string | null;
    readonly end_of_word_suffix?: string | null;
    readonly ignore_merges?: boolean;
    readonly unk_token?: string | null;
    readonly byte_fallback?: boolean;
  };
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
  readonly normalizer?: Normalizer | null;
  readonly pre_tokenizer?: PreTokenizerRule | null;
  readonly post_processor?: PostProcessor | null;
}

interface PostProcessor {
  readonly type?: string;
  readonly processors?: readonly PostProcessor[];
}

interface Normalizer {
  readonly type?: string;
  readonly normalizers?: readonly Normalizer[];
}

export interface PreTokenizerRule {
  readonly type?: string;
  readonly pretokenizers?: readonly PreTokenizerRule[];
  readonly pattern?: { readonly Regex?: string; readonly String?: string };
  readonly behavior?: string;
  readonly invert?: boolean;
  readonly add_prefix_space?: boolean;
  readonly use_regex?: boolean;
  readonly individual_digits?: boolean;
}

/** The character that stands for each byte in a byte-level vocabulary (GPT-2's `bytes_to_unicode`). */
export function byteCharacters(): string[] {
  const printable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  let others = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : others++));
}

const byteOfCharacter = new Map(byteCharacters().map((character, byte) => [character, byte]));

/** The bytes that a token of a byte-level vocabulary stands for; undefined if it holds another character. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = [...token].map((character) => byteOfCharacter.get(character));
  return bytes.includes(undefined) ? undefined : Uint8Array.from(bytes as number[]);
}
