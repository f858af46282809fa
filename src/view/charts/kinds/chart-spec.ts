import { hasAll, requireArgument, requireList, requireText } from "../../../core/arguments.js";
import { requireKnownNames } from "../../../core/options/option-names.js";

interface Call {
  readonly call: string;
  /** Of what may be given besides title, x, y, and the list. */
  readonly more: readonly string[];
  readonly example: string;
}

type Spec = Readonly<Record<string, unknown>>;

/** @throws LabError ARGUMENT_INVALID unless it has a title, two labeled axes, and a list of what to draw. */
export function requireChart(spec: unknown, list: string, { call, more, example }: Call): void {
  requireArgument(hasAll(spec), { call, expected: `an object with title, x, y, and ${list}`, found: spec, example });
  requireKnownNames(spec as object, call, ["title", "x", "y", list, ...more]);
  const { title, x, y, markers, facts, [list]: items } = spec as Spec;
  requireList(markers, `${call}, markers`, 'markers: [{ x: 20, label: "resumed here" }]');
  requireList(facts, `${call}, facts`, 'facts: ["12 documents are empty"]');
  requireText(title, `${call}, title`, example);
  for (const [name, axis] of Object.entries({ x, y }))
    requireText((axis as Spec | undefined | null)?.label, `${call}, ${name}.label`, example);
  requireArgument(Array.isArray(items) && items.every((item) => hasAll(item)), {
    ...{ call: `${call}, ${list}`, expected: "a list of objects", found: items, example },
  });
}
