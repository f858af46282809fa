import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Tokenizer as NativeTokenizer } from "tokenizers";
import { requireFile } from "../../core/files.js";
import { type BpeTables, readBpeFile } from "../bpe/tables/read-tables.js";
import type { TokenizerFile } from "../bpe/tables/tokenizer-file.js";
import { warmUpReading } from "../bpe/warm-up.js";
import { invalidTokenizer, nativeTokenizer, textOf } from "./native-tokenizer.js";
import {
  parseTokenizerConfig,
  resolveSpecialTokens,
  type SpecialTokenOptions,
  type SpecialTokens,
  type TokenizerConfig,
  type Vocabulary,
} from "./special-tokens.js";

/** Bytes of a tokenizer.json from which on it is worth a warm-up. */
const largeFile = 1024 * 1024;

/** A tokenizer ready to use, and what a thread needs to open the same one. */
export interface OpenTokenizer {
  /** Absolute path of the tokenizer.json. */
  readonly path: string;
  /** Its bytes, shared between threads. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly sha256: string;
  /** The same, parsed; without vocabulary and merges if those are in `tables`. */
  readonly contents: TokenizerFile;
  readonly tables: BpeTables | undefined;
  /** Largest id + 1, added tokens included. */
  readonly vocabSize: number;
  readonly special: SpecialTokens;
  /** Ids of a text by the native library, without special tokens around it. */
  encode(text: string): Promise<readonly number[]>;
  /** Text of the ids, special tokens written out. */
  decode(ids: ArrayLike<number>): Promise<string>;
  /** Text of each id on its own. */
  decodeEach(ids: ArrayLike<number>): Promise<readonly string[]>;
}

/**
 * Opens a Hugging Face tokenizer: `path` is a tokenizer.json or a folder that holds one (and perhaps
 * tokenizer_config.json). The native library, which takes most of the time to open, is opened when it is needed: at
 * once if only it can tell whether the file is good.
 * @throws DataError TOKENIZER_INVALID, also from `encode` and `decode`; TOKENIZER_TOKEN_MISSING; LabError FILE_MISSING.
 */
export async function openTokenizer(path: string, options: SpecialTokenOptions = {}): Promise<OpenTokenizer> {
  const file = await tokenizerFile(path);
  const read = await readFile(file);
  const bytes = new Uint8Array(new SharedArrayBuffer(read.length));
  bytes.set(read);
  if (read.length > largeFile) warmUpReading();
  const { contents, tables } = (isUtf8(read) ? readBpeFile(bytes) : undefined) ?? {
    contents: parseTokenizer(read.toString("utf8"), file),
    tables: undefined,
  };
  let opened: NativeTokenizer | undefined;
  const native = () => {
    opened ??= nativeTokenizer(textOf(bytes), file);
    return opened;
  };
  if (!tables) native();
  const vocabSize = vocabSizeOf(contents, tables);
  const special = resolveSpecialTokens(
    {
      size: vocabSize,
      idOf: (token) =>
        tables && isPlain(token, contents, tables)
          ? tables.vocabulary.idOf(token)
          : (native().tokenToId(token) ?? undefined),
      template: addsNothing(contents.post_processor) ? nothing : await templateOf(native()),
    },
    await configBeside(file),
    options,
  );
  return {
    path: file,
    bytes,
    contents,
    tables,
    sha256: createHash("sha256").update(read).digest("hex"),
    vocabSize,
    special,
    encode: async (text) => (await native().encode(text, null, { addSpecialTokens: false })).getIds(),
    decode: async (ids) => native().decode(Array.from(ids), false),
    decodeEach: async (ids) =>
      native().decodeBatch(
        Array.from(ids, (id) => [id]),
        false,
      ),
  };
}

async function tokenizerFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  const file = resolve(found?.isDirectory() ? join(path, "tokenizer.json") : path);
  await requireFile(file, "tokenizer");
  return file;
}

function parseTokenizer(json: string, file: string): TokenizerFile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw invalidTokenizer(file, `expected JSON, found ${JSON.stringify(json.slice(0, 40))}`, cause);
  }
  const model = (value as { model?: unknown } | null)?.model;
  if (typeof model === "object" && model !== null) return value as TokenizerFile;
  const keys = typeof value === "object" && value !== null ? Object.keys(value).slice(0, 5).join(", ") : typeof value;
  throw invalidTokenizer(file, `expected an object with a "model", found ${keys === "" ? "an empty object" : keys}`);
}

function vocabSizeOf({ model, added_tokens: added = [] }: TokenizerFile, tables: BpeTables | undefined): number {
  let size = tables?.vocabulary.size ?? (Array.isArray(model.vocab) ? model.vocab.length : 0);
  const vocab = size === 0 ? ((model.vocab ?? {}) as Readonly<Record<string, number>>) : {};
  for (const id of Object.values(vocab)) size = Math.max(size, id + 1);
  for (const { id } of added) size = Math.max(size, id + 1);
  return size;
}

/**
 * Whether the vocabulary alone decides about a token: an added token that it lacks gets its id from the native
 * library, whatever the file says.
 */
function isPlain(token: string, { added_tokens: added = [] }: TokenizerFile, { vocabulary }: BpeTables): boolean {
  const id = vocabulary.idOf(token);
  return added.every((one) => one.content !== token || one.id === id);
}

const nothing: Vocabulary["template"] = { before: [], after: [] };

/** Post-processors that put no tokens around a text. */
function addsNothing(rule: TokenizerFile["post_processor"]): boolean {
  if (!rule || rule.type === "ByteLevel") return true;
  return rule.type === "Sequence" && (rule.processors ?? []).every(addsNothing);
}

async function configBeside(file: string): Promise<TokenizerConfig | undefined> {
  const path = join(dirname(file), "tokenizer_config.json");
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : parseTokenizerConfig(text, path);
}

/** The ids that the post-processor puts around a text: the difference that `addSpecialTokens` makes. */
async function templateOf(native: NativeTokenizer): Promise<{ before: number[]; after: number[] }> {
  const bare = (await native.encode("a", null, { addSpecialTokens: false })).getIds();
  const full = (await native.encode("a", null, { addSpecialTokens: true })).getIds();
  const extra = full.length - bare.length;
  for (let before = 0; before <= extra; before++)
    if (bare.every((id, i) => full[before + i] === id))
      return { before: full.slice(0, before), after: full.slice(before + bare.length) };
  return { before: [], after: [] };
}
