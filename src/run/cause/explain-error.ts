import { requireArgument } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import { codesIn, type KnownError, knownErrors } from "./known-errors.js";

/**
 * What an error code of Ascend means; shows itself as a card with its source.
 *
 * @example
 * explainError("EI0006").known.remedy;
 */
export class ExplainedError {
  readonly known: KnownError;

  /** @internal Use explainError. */
  constructor(known: KnownError) {
    this.known = known;
  }

  [displayKey](): MimeBundle {
    const { code, meaning, cause, remedy, source } = this.known;
    return factsBundle(`${code}: ${meaning}`, [
      ["usual cause", cause],
      ["remedy", remedy],
      ["source", source],
    ]);
  }
}

/**
 * Explains an error code of Ascend, HCCL, or ACL, such as `"EI0006"` or `"507018"`, or the first known one in a line
 * of a log.
 * @throws ARGUMENT_INVALID with the codes that are known
 *
 * @example
 * explainError("EI0006");
 */
export function explainError(text: string): ExplainedError {
  requireArgument(typeof text === "string", {
    ...{ call: "explainError", expected: "a code or a line of a log", found: text, example: 'explainError("EI0006")' },
  });
  const wanted = [text.trim().toUpperCase(), ...codesIn(text)];
  const known = knownErrors.find(({ code }) => wanted.includes(code));
  if (known) return new ExplainedError(known);
  throw new LabError(
    "ARGUMENT_INVALID",
    `explainError: expected a known code, found ${JSON.stringify(text.slice(0, 80))}`,
    {
      hint: `known: ${knownErrors.map(({ code }) => code).join(", ")}; others: https://www.hiascend.com/en/document`,
    },
  );
}

/** One line for each known code in some lines of a log. */
export function explainLines(lines: readonly string[]): string[] {
  const codes = codesIn(lines.join("\n"));
  return codes.flatMap((wanted) =>
    knownErrors
      .filter(({ code }) => code === wanted)
      .map(({ code, meaning, remedy }) => `${code}: ${meaning} ${remedy}`),
  );
}
