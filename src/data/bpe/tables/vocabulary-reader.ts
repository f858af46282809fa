import { comma, type JsonWalk, NotPlain } from "./json-walk.js";
import { Vocabulary } from "./vocabulary.js";

/** Of a tokenizer.json, merges included: about 30 if it is compact, 60 if it is indented. */
const bytesPerToken = 64;
const colon = 0x3a;

/**
 * Reads the object token → id where `walk` stands. Throws NotPlain for anything unusual, such as a token that comes
 * twice.
 */
export function readVocabulary(walk: JsonWalk): Vocabulary {
  const vocabulary = new Vocabulary(walk.bytes.length / bytesPerToken);
  walk.members(
    () => {
      if (!vocabulary.add(walk.held, { from: walk.from, to: walk.to }, walk.number()))
        throw new NotPlain("a token that comes twice");
    },
    () => {
      while (readPlainToken(walk, vocabulary));
    },
  );
  return vocabulary;
}

/**
 * Reads one member that is written in the plainest way, as nearly all are: no escapes, an id of at most nine digits,
 * a comma after it. False for any other: then `walk` stands before it.
 */
function readPlainToken(walk: JsonWalk, vocabulary: Vocabulary): boolean {
  const { bytes } = walk;
  const from = walk.skipSpace(walk.at) + 1;
  const to = walk.plainEnd(from - 1);
  if (to < 0) return false;
  let at = walk.skipSpace(to + 1);
  if (bytes[at] !== colon) return false;
  const digits = walk.skipSpace(at + 1);
  let id = 0;
  for (at = digits; isDigit(bytes[at] as number) && at - digits < 10; at++) id = id * 10 + (bytes[at] as number) - 0x30;
  const count = at - digits;
  if (count === 0 || count > 9 || (count > 1 && bytes[digits] === 0x30)) return false;
  at = walk.skipSpace(at);
  if (bytes[at] !== comma) return false;
  if (!vocabulary.add(bytes, { from, to }, id)) throw new NotPlain("a token that comes twice");
  walk.at = at + 1;
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** The same of an object; undefined if an id is no whole number below 2^31 − 1 or a token no Unicode text. */
export function vocabularyOf(object: Readonly<Record<string, unknown>>): Vocabulary | undefined {
  const vocabulary = new Vocabulary();
  for (const [token, id] of Object.entries(object)) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= 0x7fffffff) return undefined;
    const key = new TextEncoder().encode(token);
    if (!vocabulary.add(key, { from: 0, to: key.length }, id)) return undefined;
  }
  return vocabulary;
}
