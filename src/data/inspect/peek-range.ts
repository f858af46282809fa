import { isWhole, requireArgument, requireWhole } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";

interface PeekRange {
  readonly call: string;
  /** `"document"` or `"row"`, its number, and how many there are. */
  readonly what: string;
  readonly at: number;
  readonly total: number;
  readonly from: number;
  readonly count: number;
}

/** @throws LabError ARGUMENT_INVALID for a document or row that does not exist, or an impossible stretch of it. */
export function requirePeekRange({ call, what, at, total, from, count }: PeekRange): void {
  const example = `await data.peek(0, { from: 0, count: 2048 })`;
  const expected = `a ${what} from 0 to ${formatCount(total - 1)}`;
  requireArgument(isWhole(at, 0) && at < total, { call: `${call}, ${what}`, expected, found: at, example });
  for (const [name, found] of Object.entries({ from, count }))
    requireWhole(found, 0, { call: `${call}, ${name}`, example });
}

/** @throws ARGUMENT_INVALID if there are none of what a call reads. */
export function requireFilled(call: string, { path, total }: Contents): void {
  if (total > 0) return;
  throw new LabError("ARGUMENT_INVALID", `${call}: expected a dataset with documents, found 0 documents in ${path}`, {
    hint: 'make it again from text: await prepareData({ input: "text.jsonl", tokenizer, output, seqLength: 4096 })',
  });
}

interface Contents {
  readonly path: string;
  readonly total: number;
}
