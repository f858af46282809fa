import type { TokenOutput } from "../mindrecord/token-sink.js";
import type { OpenTokenizer } from "../tokenize/tokenizer.js";
import type { PrepareRequest } from "./options.js";

/** How the tokens of a request become rows. */
export function tokenOutput(request: PrepareRequest, { special }: OpenTokenizer): TokenOutput {
  const { prefix, seqLength, shards, columns, mode } = request;
  const padId = mode === "pad" ? special.padId : undefined;
  return { prefix, seqLength, shards, columns, padId, eosId: special.eosId };
}
