import type { MimeBundle } from "../view/display-contract.js";
import { ShownList } from "../view/shown-list.js";
import { tableBundle } from "../view/table.js";
import { ruleGroups } from "./every-rule.js";
import type { EngineReaction } from "./rules/rule.js";

/** One rule of `config.check()`, for reading. */
export interface RuleInfo {
  /** As in `issue.rule`. */
  readonly id: string;
  readonly area: string;
  /** What must hold. */
  readonly about: string;
  /** What MindFormers 1.9 does about a violation. */
  readonly engine: EngineReaction;
  /** True if `config.fix(issue)` can remove such findings. */
  readonly cure: boolean;
}

function rulesTable(rules: readonly RuleInfo[]): MimeBundle {
  return tableBundle({
    title: `${rules.length} rules of config.check()`,
    columns: [
      { key: "area" },
      { key: "id", label: "rule" },
      { key: "about", label: "what must hold" },
      { key: "engine", label: "MindFormers 1.9" },
      { key: "cure", label: "config.fix()" },
    ],
    rows: rules.map(({ cure, ...rule }) => ({ ...rule, cure: cure ? "yes" : "by hand" })),
    more: "listRules().filter(({ area }) => area === …)",
  });
}

/**
 * Every rule that `config.check()` applies, with what MindFormers itself would do: refuse to start, ignore the setting,
 * fail later, or accept it.
 *
 * @example
 * listRules().filter(({ area }) => area === "mesh").map(({ id, about }) => `${id}: ${about}`);
 */
export function listRules(): ShownList<RuleInfo> {
  const infos = ruleGroups.flatMap(([area, group]) =>
    group.map(({ id, about, engine, cure }): RuleInfo => ({ id, area, about, engine, cure })),
  );
  return ShownList.showing(infos, rulesTable);
}
