import { formatCount } from "../../../core/units.js";
import type { TokenStream } from "../../files/token-blocks.js";
import { documentTokens } from "../document-tokens.js";
import type { HashMatch } from "./duplicate-finder.js";
import type { CheckRow } from "./verification.js";

export interface FoundMatches {
  readonly matches: number;
  readonly examples: readonly HashMatch[];
  readonly documents: number;
}

/** Bytes of documents that are held for the comparison. */
const heldTokens = 8_000_000;

/** Compares the tokens of the first matches one by one, in one more pass over the data; a hash alone proves nothing. */
export async function confirmMatches(stream: TokenStream, found: FoundMatches): Promise<CheckRow> {
  const check = "duplicates";
  if (found.matches === 0)
    return { check, verdict: "ok", found: `none among ${formatCount(found.documents)} documents` };
  const { same, different, compared } = await compare(stream, found.examples);
  const [pair] = same;
  if (!pair)
    return { check, verdict: "ok", found: `none: ${formatCount(different)} equal hashes of different documents` };
  const rest = found.matches - compared;
  const how = rest > 0 ? ` (${formatCount(compared)} compared token by token, the others by 64-bit hashes)` : "";
  const count = found.matches - different;
  return {
    check,
    verdict: "warning",
    found:
      `${formatCount(count)} of ${formatCount(found.documents)} documents repeat an earlier one${how}; ` +
      `document ${pair.again} repeats ${pair.first}`,
    hint: `await data.peek(${pair.again})`,
  };
}

interface Compared {
  readonly same: readonly HashMatch[];
  readonly different: number;
  readonly compared: number;
}

async function compare(stream: TokenStream, examples: readonly HashMatch[]): Promise<Compared> {
  const wanted = new Set(examples.flatMap(({ first, again }) => [first, again]));
  const kept = new Map<number, readonly number[]>();
  let held = 0;
  for await (const { document, ids } of documentTokens(stream, wanted)) {
    held += ids.length;
    if (held > heldTokens && kept.size >= 2) break;
    kept.set(document, ids);
  }
  const pairs = examples.filter(({ first, again }) => kept.has(first) && kept.has(again));
  const same = pairs.filter(({ first, again }) => equal(kept.get(first), kept.get(again)));
  return { same, different: pairs.length - same.length, compared: pairs.length };
}

function equal(a: readonly number[] = [], b: readonly number[] = []): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
