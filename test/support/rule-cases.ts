import type { Config } from "../../src/config/config.js";
import { openConfig } from "../../src/config/open.js";
import type { CheckFacts } from "../../src/config/rules/rule.js";
import type { FixStep, Issue } from "../../src/core/error.js";
import { dataCases } from "./rule-cases-data.js";
import { meshCases } from "./rule-cases-mesh.js";
import { modelCases } from "./rule-cases-model.js";
import { runCases } from "./rule-cases-run.js";

/** A configuration with one mistake in it. */
export interface RuleCase {
  readonly rule: string;
  /** Default: `pretrain_deepseek3_1b`. */
  readonly template?: string;
  readonly edits?: Readonly<Record<string, unknown>>;
  readonly without?: readonly string[];
  /** Merged over 8 NPUs. */
  readonly facts?: CheckFacts;
  readonly path: string;
  readonly says: RegExp;
  /** Default: error. */
  readonly severity?: Issue["severity"];
  /** Values after `config.fix(issue)`; undefined for "nothing there". Left out: the finding has no cure for code. */
  readonly cured?: Readonly<Record<string, unknown>>;
  /** Whether MindFormers refuses it, where that is not what the rule says of itself, and why. */
  readonly mindformers?: readonly [refuses: boolean, reason: string];
  /** Rules that rightly speak up too. */
  readonly also?: readonly string[];
}

export const npus: CheckFacts = { device: "Ascend", devices: 8 };
export const cpus: CheckFacts = { device: "CPU", devices: 2 };

export const ruleCases: readonly RuleCase[] = [...runCases, ...meshCases, ...modelCases, ...dataCases];

export function factsOf(one: RuleCase): CheckFacts {
  return { ...(one.template === "pretrain_deepseek3_tiny_cpu" ? cpus : npus), ...one.facts };
}

/** Applies edits as a cure does; used to take keys away. */
export function applySteps(config: Config, fix: readonly FixStep[]): Config {
  return config.fix({ severity: "error", rule: "test", path: "", message: "", hint: "", fix });
}

/** The case's configuration, with its mistake. */
export async function brokenConfig(one: RuleCase): Promise<Config> {
  const config = await openConfig(one.template ?? "pretrain_deepseek3_1b");
  for (const [path, value] of Object.entries(one.edits ?? {})) config.set(path, value);
  for (const path of one.without ?? []) applySteps(config, [{ kind: "unset", path }]);
  return config;
}
