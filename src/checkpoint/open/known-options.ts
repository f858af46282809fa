import type { KnownOptions } from "../../core/options/option-names.js";

/** Options of the methods of a checkpoint. */
export const known = {
  tensors: { names: ["match", "rank"], example: 'await checkpoint.tensors({ match: "*.layers.0.*" })' },
  tree: { names: ["match"], example: 'await checkpoint.tree({ match: "*.layers.0.*" })' },
  statistics: { names: ["match", "signal"], example: 'await checkpoint.statistics({ match: "*.layers.0.*" })' },
  tensor: { names: ["rank"], example: "await checkpoint.tensor(name, { rank: 0 })" },
  values: { names: ["rank", "limit"], example: "await checkpoint.values(name, { limit: 1000 })" },
  verify: { names: ["signal"], example: "await checkpoint.verify()" },
  seal: { names: ["changes", "signal"], example: "await checkpoint.seal()" },
  scrub: { names: ["signal"], example: "await checkpoint.scrub()" },
  compareTo: { names: ["match", "signal"], example: 'await a.compareTo(b, { match: "*.layers.0.*" })' },
} satisfies Record<string, KnownOptions>;
