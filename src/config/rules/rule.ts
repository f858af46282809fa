import type { GetValue } from "../settings.js";
import type { YamlNode } from "../yaml-nodes.js";

/** What is known besides the configuration; rules that need a missing fact stay silent. */
export interface CheckFacts {
  readonly device?: "CPU" | "Ascend";
  /** Number of workers in all. */
  readonly devices?: number;
  /** Bytes. */
  readonly memoryPerDevice?: number | undefined;
  readonly dataset?: {
    /** Tokens per training sample that the data was cut for. */
    readonly seqLength?: number | undefined;
    readonly vocabSize?: number | undefined;
    readonly eod?: number | undefined;
    /** Token that fills short samples. */
    readonly pad?: number | undefined;
    /** Largest id that was found in the data. */
    readonly largestId?: number | undefined;
  };
  /** Training files of the configuration that don't exist. */
  readonly missingFiles?: readonly string[];
}

export interface RuleContext {
  readonly get: GetValue;
  readonly facts: CheckFacts;
  readonly root: YamlNode;
}

export interface RuleFinding {
  readonly severity: "error" | "warning" | "advice";
  readonly path: string;
  /** What, which, expected and found, with the arithmetic. */
  readonly message: string;
  /** One line to type. */
  readonly hint: string;
  /** Point at the key instead of its value. */
  readonly atKey?: boolean;
}

/** One thing that is checked. A new rule is a constant of this shape in a file of this folder, listed in `index.ts`. */
export interface Rule {
  readonly id: string;
  readonly check: (context: RuleContext) => Iterable<RuleFinding>;
}
