import { DataError } from "../../core/error.js";

/** The facts of a `tokenizer_config.json` that matter here. */
export interface TokenizerConfig {
  readonly bosToken?: string;
  readonly eosToken?: string;
  readonly padToken?: string;
  readonly addBosToken?: boolean;
  readonly addEosToken?: boolean;
  readonly tokenizerClass?: string;
}

/** The tokens with a special part, as far as they are known. */
export interface SpecialTokens {
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  /** Put before and after the ids of every piece. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Put after every document that has tokens, whatever stands after its texts already. */
  readonly eodId: number | undefined;
}

export interface SpecialTokenOptions {
  readonly addBos?: boolean;
  readonly addEos?: boolean;
  readonly appendEod?: boolean;
  /** Token or id that fills short pieces in mode "pad". */
  readonly padToken?: string | number;
}

export interface Vocabulary {
  idOf(token: string): number | undefined;
  /** Largest id + 1. */
  readonly size: number;
  /** What the tokenizer's own post-processor puts around a text. */
  readonly template: { readonly before: readonly number[]; readonly after: readonly number[] };
}

// The names that MindFormers' preparation script gives its tokenizer class when it loads a tokenizer.json.
const referenceBos = "<｜begin▁of▁sentence｜>";
const referenceEos = "<｜end▁of▁sentence｜>";

/** Reads the text of a `tokenizer_config.json`; tokens may be strings or objects with `content`. */
export function parseTokenizerConfig(text: string, file: string): TokenizerConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError("TOKENIZER_INVALID", `tokenizer settings ${file}: expected JSON, found ${String(cause)}`, {
      hint: "download the file again, or remove it to use the tokenizer's own rules",
      details: { file },
      cause,
    });
  }
  const fields = (value ?? {}) as Record<string, unknown>;
  const token = (name: string) => {
    const field = fields[name];
    if (typeof field === "string") return field;
    const content = (field as { content?: unknown } | null | undefined)?.content;
    return typeof content === "string" ? content : undefined;
  };
  const flag = (name: string) => (typeof fields[name] === "boolean" ? (fields[name] as boolean) : undefined);
  return withoutUndefined({
    bosToken: token("bos_token"),
    eosToken: token("eos_token"),
    padToken: token("pad_token"),
    addBosToken: flag("add_bos_token"),
    addEosToken: flag("add_eos_token"),
    tokenizerClass: typeof fields.tokenizer_class === "string" ? fields.tokenizer_class : undefined,
  });
}

/**
 * Which ids stand before and after every piece.
 * 1. `addBos` and `addEos` of the caller win.
 * 2. `add_bos_token` and `add_eos_token` of tokenizer_config.json; the Llama classes put BOS first unless told
 * otherwise.
 * 3. Without a config: BOS first and no EOS if the vocabulary has the two tokens that MindFormers' script names
 * (DeepSeek).
 * 4. Otherwise what the post-processor in tokenizer.json does. `appendEod` is apart from that: the end-of-text token
 * once more, after every document, as both of MindFormers' tools do it.
 */
export function resolveSpecialTokens(
  vocabulary: Vocabulary,
  config: TokenizerConfig | undefined,
  options: SpecialTokenOptions,
): SpecialTokens {
  const known = (token: string | undefined) => (token === undefined ? undefined : vocabulary.idOf(token));
  const bosId = known(config?.bosToken ?? referenceBos);
  const eosId = known(config?.eosToken ?? referenceEos);
  const isLlama = config ? /^Llama/.test(config.tokenizerClass ?? "") : bosId !== undefined && eosId !== undefined;
  const addBos = options.addBos ?? config?.addBosToken ?? (isLlama || undefined);
  const addEos = options.addEos ?? config?.addEosToken ?? (isLlama ? false : undefined);
  return {
    bosId,
    eosId,
    padId: padIdOf(vocabulary, config, options),
    before: sideOf(addBos, {
      id: bosId,
      option: "addBos",
      what: "beginning-of-text",
      named: config?.bosToken,
      template: vocabulary.template.before,
    }),
    after: sideOf(addEos, {
      id: eosId,
      option: "addEos",
      what: "end-of-text",
      named: config?.eosToken,
      template: vocabulary.template.after,
    }),
    eodId: options.appendEod
      ? sideOf(true, { id: eosId, option: "appendEod", what: "end-of-text", named: config?.eosToken, template: [] })[0]
      : undefined,
  };
}

interface Side {
  readonly id: number | undefined;
  readonly option: string;
  readonly what: string;
  /** The token that tokenizer_config.json names. */
  readonly named: string | undefined;
  readonly template: readonly number[];
}

function sideOf(add: boolean | undefined, { id, option, what, named, template }: Side): readonly number[] {
  if (add === undefined) return template;
  if (!add) return [];
  if (id !== undefined) return [id];
  throw new DataError(
    "TOKENIZER_TOKEN_MISSING",
    `${what} token: expected one in the tokenizer's vocabulary, ` +
      `found ${
        named === undefined
          ? "none"
          : `none: tokenizer_config.json names ${JSON.stringify(named)}, which the vocabulary lacks`
      }`,
    {
      hint: `${
        named === undefined ? "put tokenizer_config.json beside tokenizer.json" : "take both files from the same model"
      }, or pass ${option}: false`,
      details: { option },
    },
  );
}

function padIdOf(
  vocabulary: Vocabulary,
  config: TokenizerConfig | undefined,
  { padToken }: SpecialTokenOptions,
): number | undefined {
  if (typeof padToken === "number") return requireId(padToken, vocabulary.size);
  const name = padToken ?? config?.padToken;
  const id = name === undefined ? undefined : vocabulary.idOf(name);
  if (padToken === undefined || id !== undefined) return id;
  throw new DataError(
    "TOKENIZER_TOKEN_MISSING",
    `padToken ${JSON.stringify(padToken)}: not in the tokenizer's vocabulary`,
    {
      hint: "name a token of the vocabulary, or give its id as a number",
      details: { padToken },
    },
  );
}

function requireId(padToken: number, size: number): number {
  if (Number.isInteger(padToken) && padToken >= 0 && padToken < size) return padToken;
  throw new DataError(
    "TOKENIZER_TOKEN_MISSING",
    `padToken ${padToken}: expected an id of the tokenizer, a whole number from 0 to ${size - 1}`,
    { hint: 'name a token of the vocabulary, for example padToken: "<pad>"', details: { padToken, size } },
  );
}

function withoutUndefined(fields: Record<string, string | boolean | undefined>): TokenizerConfig {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
