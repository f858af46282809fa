import type { FixStep } from "../../core/error.js";
import type { Mesh } from "../../model/layout/mesh.js";
import type { ModelSection } from "../../model/numbers.js";
import type { ReadValue } from "../../model/read-value.js";
import type { KeyInfo, SectionInfo } from "../keys/sections/key.js";
import type { YamlNode } from "../text/nodes.js";
import type { Place } from "./places.js";

/** What is known besides the configuration; rules that need a missing fact stay silent. */
export interface CheckFacts {
  readonly device?: "CPU" | "Ascend";
  /** Number of workers. */
  readonly devices?: number;
  /** Workers of one node; default: 8 where rules need it. */
  readonly devicesPerNode?: number;
  /** Values of `node_rank` that the nodes are started with. */
  readonly nodeRanks?: readonly number[];
  /** Bytes. */
  readonly memoryPerDevice?: number | undefined;
  /** Bytes that the fullest device needs, from a memory estimate. */
  readonly memoryNeeded?: number | undefined;
  readonly dataset?: {
    /** Tokens per training sample that the data was cut for. */
    readonly seqLength?: number | undefined;
    readonly vocabSize?: number | undefined;
    readonly eod?: number | undefined;
    readonly pad?: number | undefined;
    /** Largest token id in the data. */
    readonly largestId?: number | undefined;
    /** Tokens of the dataset. */
    readonly tokens?: number | undefined;
  };
  /** Training files of the configuration that don't exist. */
  readonly missingFiles?: readonly string[];
  /** What the path in `load_checkpoint` holds. */
  readonly checkpoint?: "missing" | "empty" | "present";
  /** Environment of the workers: `MS_ENABLE_TFT` and the like. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Arguments of run_mindformer.py besides `--config`. */
  readonly arguments?: readonly string[];
}

/** What a rule sees: the values, what has been derived from them, and the facts. */
export interface RuleContext {
  readonly get: ReadValue;
  readonly facts: CheckFacts;
  readonly root: YamlNode;
  /** Everything that is written, each before what it holds. */
  readonly places: readonly Place[];
  /** What the catalog knows about the section at a path. */
  readonly section: (path: string) => SectionInfo | undefined;
  /** What the catalog knows about the key at a path. */
  readonly key: (path: string) => KeyInfo | undefined;
  readonly mesh: Mesh;
  /** `model.model_config`, if it is a section. */
  readonly model: ModelSection | undefined;
  /** True with `use_legacy: False`: the model classes of the mcore architecture. */
  readonly mcore: boolean;
  readonly device: "CPU" | "Ascend" | undefined;
  /** True for Megatron data. */
  readonly megatron: boolean;
  /** A number of the model under any of its names, or the model's own default. */
  readonly modelNumber: (name: string) => number | undefined;
  /** Path of a model setting under the name that is written, else under its first name. */
  readonly modelPath: (name: string) => string;
}

export interface RuleFinding {
  readonly severity: "error" | "warning" | "advice";
  readonly path: string;
  /** What, which, expected, and found, with the arithmetic. */
  readonly message: string;
  /** One line to type. */
  readonly hint: string;
  readonly fix?: readonly FixStep[];
  /** Point at the key instead of its value. */
  readonly atKey?: boolean;
  /** Where in the text it stands, if the path alone doesn't say. */
  readonly offset?: number;
}

/**
 * What MindFormers 1.9 does about it: `refuses` to start, `ignores` or changes the setting with at most a line in the
 * log, `fails later` (when the graph is compiled, data is read or a checkpoint is written), or `accepts` it (slower or
 * riskier than need be).
 */
export type EngineReaction = "refuses" | "ignores" | "fails later" | "accepts";

/**
 * One thing that is checked. A new rule is a constant of this shape in a file of this folder, listed in
 * `../every-rule.ts`.
 */
export interface Rule {
  readonly id: string;
  /** What must hold, as one line without a point at its end. */
  readonly about: string;
  readonly engine: EngineReaction;
  /** True if findings bring a cure for `config.fix()`; the tests hold it. */
  readonly cure: boolean;
  readonly check: (context: RuleContext) => Iterable<RuleFinding>;
}
