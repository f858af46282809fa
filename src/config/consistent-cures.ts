import type { FixStep, Issue } from "../core/error.js";
import { withFix } from "./apply-fix.js";
import { setAll } from "./rules/cure.js";
import type { SourceText } from "./text/source-text.js";
import { nodeAt, readValue, sameValue } from "./text/values.js";

/** More cures than this are not brought together: each costs a check of the whole configuration. */
const mostCures = 12;
/** Errors that follow from cures, at most so many. */
const mostConsequences = 4;

const keyOf = ({ rule, path }: Issue): string => `${rule} ${path}`;
const isCurable = ({ severity, fix }: Issue): boolean => severity !== "advice" && fix !== undefined;

type SetStep = Extract<FixStep, { kind: "set" }>;

const setsOnly = (fix: readonly FixStep[]): fix is SetStep[] => fix.every(({ kind }) => kind === "set");

function valueAt(text: SourceText, path: string): unknown {
  const node = nodeAt(text.root, path);
  return node && readValue(node);
}

/** The cure with the values that hold once all cures are applied; unchanged if it has them already. */
function withFinalValues(issue: Issue, last: SourceText): Issue {
  const { fix = [] } = issue;
  if (!setsOnly(fix)) return issue;
  const values = fix.map(({ path }) => [path, valueAt(last, path)] as const);
  const same = fix.every(({ value }, index) => sameValue(value, values[index]?.[1]));
  return same || values.some(([, value]) => value === undefined) ? issue : { ...issue, ...setAll(values) };
}

/**
 * The findings with cures that go together. Each cure is found in the text in which the cures before it are applied, so
 * that no two set one value differently. A finding that an earlier cure removes gets that cure.
 */
export function consistentCures(
  source: SourceText,
  issues: readonly Issue[],
  check: (text: SourceText) => readonly Issue[],
): readonly Issue[] {
  const open = new Map(issues.filter(isCurable).map((issue) => [keyOf(issue), issue]));
  if (open.size < 2 || open.size > mostCures) return issues;
  const cured = new Map<string, Issue>();
  let text = source;
  let now = issues;
  while (open.size > 0) {
    const next = now.find((issue) => isCurable(issue) && open.has(keyOf(issue)));
    if (next === undefined) break;
    open.delete(keyOf(next));
    cured.set(keyOf(next), next);
    try {
      text = withFix(text, next);
    } catch {
      return issues;
    }
    now = check(text);
    const left = new Set(now.map(keyOf));
    for (const [key, issue] of open)
      if (!left.has(key)) {
        open.delete(key);
        cured.set(key, { ...issue, hint: next.hint, fix: next.fix ?? [] });
      }
  }
  const { last, more } = consequences(text, { now, cured, check });
  const sets = more.filter(
    ({ path }) => ![...cured.values()].some(({ fix }) => fix?.some((step) => step.path === path)),
  );
  const first = issues.find((issue) => cured.has(keyOf(issue)));
  return issues.map((issue) => {
    const cure = cured.get(keyOf(issue));
    if (cure === undefined) return issue;
    const final = withFinalValues({ ...issue, hint: cure.hint, fix: cure.fix ?? [] }, last);
    return issue === first ? withSteps(final, sets) : final;
  });
}

/**
 * The text after the cures of errors that only the other cures bring about, such as a mesh that lacks devices once no
 * model is split, with what these set.
 */
function consequences(
  text: SourceText,
  {
    now,
    cured,
    check,
  }: { now: readonly Issue[]; cured: Map<string, Issue>; check(text: SourceText): readonly Issue[] },
): { readonly last: SourceText; readonly more: readonly SetStep[] } {
  const known = new Set<string>();
  const more: SetStep[] = [];
  let last = text;
  for (let turn = 0; turn < mostConsequences; turn++) {
    const next = now.find((issue) => issue.severity === "error" && isCurable(issue) && !known.has(keyOf(issue)));
    if (next === undefined || !setsOnly(next.fix ?? [])) break;
    known.add(keyOf(next));
    // A finding that another cure had removed is back: it gets its own cure again.
    if (cured.has(keyOf(next))) cured.set(keyOf(next), next);
    else more.push(...((next.fix ?? []) as readonly SetStep[]));
    try {
      last = withFix(last, next);
    } catch {
      return { last: text, more: [] };
    }
    now = check(last);
  }
  return { last, more };
}

/** The finding with further settings in its cure. */
function withSteps(issue: Issue, more: readonly SetStep[]): Issue {
  const { fix = [] } = issue;
  if (more.length === 0 || !setsOnly(fix)) return issue;
  return { ...issue, ...setAll([...fix, ...more].map(({ path, value }) => [path, value] as const)) };
}
