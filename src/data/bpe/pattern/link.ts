import { type Alternatives, type PatternItem, UnsupportedPattern } from "./parser.js";
import { choice, end, look, lookNot, repeat, type Step } from "./steps.js";

const endStep: Step = { kind: end, bit: 0, min: 0, max: 0, next: undefined, options: [] };

/**
 * Links the parts of a pattern. Throws UnsupportedPattern for repeated groups and for patterns that match the empty
 * text.
 */
export function linkPattern(pattern: Alternatives): Step {
  const root = linkOptions(pattern, endStep);
  if (shortest(root) === 0) throw new UnsupportedPattern("a pattern that matches nothing");
  return root;
}

function linkOptions(pattern: Alternatives, next: Step, more: readonly Step[] = []): Step {
  const options = [
    ...pattern.map((items) => items.reduceRight<Step>((after, item) => linkItem(item, after), next)),
    ...more,
  ];
  return { ...endStep, kind: choice, options };
}

function linkItem({ atom, min, max }: PatternItem, next: Step): Step {
  if (atom.kind === "class") return { ...endStep, kind: repeat, bit: atom.bit, min, max, next };
  if (max !== 1) throw new UnsupportedPattern("a repeated group");
  if (atom.kind === "group") return linkOptions(atom.options, next, min === 0 ? [next] : []);
  if (min !== 1) throw new UnsupportedPattern("an optional look-ahead");
  return { ...endStep, kind: atom.negative ? lookNot : look, bit: atom.bit, next };
}

function shortest(step: Step): number {
  if (step.kind === end) return 0;
  if (step.kind === choice) return Math.min(...step.options.map(shortest));
  return (step.kind === repeat ? step.min : 0) + shortest(step.next as Step);
}
