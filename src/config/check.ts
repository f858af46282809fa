import { requireArgument, requireList } from "../core/arguments.js";
import type { Issue } from "../core/error.js";
import { requireOptions } from "../core/options/option-names.js";
import { fewestBytes } from "../core/units.js";
import { type BaseConfig, readMerged, unreadableBases } from "./base-config.js";
import { consistentCures } from "./consistent-cures.js";
import { rules } from "./every-rule.js";
import { contextOf } from "./rules/context.js";
import { takesValue } from "./rules/keys/kinds.js";
import { keyRules } from "./rules/keys/known.js";
import type { CheckFacts, RuleFinding } from "./rules/rule.js";
import { positionOf, type YamlNode } from "./text/nodes.js";
import type { SourceText } from "./text/source-text.js";
import { nodeAt } from "./text/values.js";

/** Where a path (or the nearest section that exists) stands in the text. */
function positionAt(source: SourceText, path: string, atKey: boolean): { line: number; column: number } | undefined {
  const segments = path.split(".");
  const parent = nodeAt(source.root, segments.slice(0, -1).join("."));
  const entry =
    atKey && parent?.kind === "map" ? parent.entries.findLast(({ key }) => key === segments.at(-1)) : undefined;
  if (entry !== undefined) return positionOf(source.text, entry.keyStart);
  for (let length = segments.length; length > 0; length--) {
    const node: YamlNode | undefined = nodeAt(source.root, segments.slice(0, length).join("."));
    if (node !== undefined) return positionOf(source.text, node.start);
  }
  return undefined;
}

/** What MindFormers refuses before it looks at a single value. */
function fileFindings(source: SourceText, bases: readonly BaseConfig[]): (RuleFinding & { rule: string })[] {
  const unread = unreadableBases(bases).map(({ path, problem }) => ({
    severity: "error" as const,
    rule: "base-config",
    path: "base_config",
    message: `the file that it includes can't be read: ${path}: ${problem}`,
    hint: "correct the path; it is relative to the file's own folder",
  }));
  if (source.documents <= 1) return unread;
  const message = `${source.documents} documents in one file, but MindFormers reads one`;
  const hint = "save one document as a file of its own, without lines ---";
  return [...unread, { severity: "error", rule: "yaml", path: "", message, hint }];
}

const order = { error: 0, warning: 1, advice: 2 } as const;

/** All findings about a configuration, errors first, each with the cure that it has by itself. */
export function findingsOf(source: SourceText, facts: CheckFacts, bases: readonly BaseConfig[] = []): readonly Issue[] {
  requireOptions(facts, "config.check", {
    names: [
      "device",
      "devices",
      "devicesPerNode",
      "nodeRanks",
      "memoryPerDevice",
      "memoryNeeded",
      "dataset",
      "missingFiles",
      "checkpoint",
      "environment",
      "arguments",
    ],
    example: "config.check({ devices: 8 })",
  });
  const { memoryPerDevice = fewestBytes } = facts;
  requireArgument(memoryPerDevice >= fewestBytes, {
    ...{ call: "config.check, memoryPerDevice", expected: "bytes from 1 MB on", found: memoryPerDevice },
    example: `config.check({ memoryPerDevice: ${memoryPerDevice > 0 ? memoryPerDevice : 64} * 2 ** 30 })`,
  });
  requireList(facts.missingFiles ?? undefined, "config.check, missingFiles", "config.check({ missingFiles: [] })");
  const context = contextOf(source.root, facts, (path) => readMerged(source, bases, path));
  const mode = context.get("run_mode");
  // Inference has rules of its own, which are not this project's matter.
  const training = !String(mode).startsWith("predict") && mode !== "eval";
  const findings = (training ? rules : keyRules).flatMap((rule) =>
    [...rule.check(context)].map((finding) => ({ ...finding, rule: rule.id })),
  );
  // A rule that compares with a value of the wrong type would set that value elsewhere, too.
  const isCure = ({ fix }: RuleFinding): boolean =>
    fix === undefined || fix.every((step) => step.kind !== "set" || takesValue(context.key(step.path), step.value));
  return [...findings.filter(isCure), ...fileFindings(source, bases)]
    .map(({ atKey = false, offset, ...finding }): Issue => {
      const place = offset === undefined ? positionAt(source, finding.path, atKey) : positionOf(source.text, offset);
      return { ...finding, ...place };
    })
    .sort((a, b) => order[a.severity] - order[b.severity]);
}

/** All findings about a configuration, errors first, with cures that go together. */
export function checkConfig(
  source: SourceText,
  facts: CheckFacts,
  bases: readonly BaseConfig[] = [],
): readonly Issue[] {
  const check = (text: SourceText): readonly Issue[] => findingsOf(text, facts, bases);
  return consistentCures(source, check(source), check);
}
