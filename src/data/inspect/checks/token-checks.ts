import { formatCount } from "../../../core/units.js";
import type { Expectations } from "./expectations.js";
import type { TokenSurvey } from "./token-survey.js";
import type { CheckRow } from "./verification.js";

/** What the survey says, held against what is expected. */
export function tokenChecks(survey: TokenSurvey, expected: Expectations): CheckRow[] {
  return [idRange(survey, expected), ends(survey, expected), fill(survey, expected), empties(survey)];
}

function idRange({ smallest, largest, tokens }: TokenSurvey, { vocabSize }: Expectations): CheckRow {
  const check = "token ids";
  if (!smallest || !largest) return { check, verdict: "warning", found: "no tokens" };
  const range = `${formatCount(tokens)} ids from ${smallest.id} to ${largest.id}`;
  if (smallest.id < 0)
    return { check, verdict: "damaged", found: `${range}; negative from sequence ${smallest.sequence} on` };
  if (vocabSize === undefined)
    return {
      check,
      verdict: "unknown",
      found: `${range}; the vocabulary is not known`,
      hint: "data.verify({ vocabSize: … })",
    };
  if (largest.id < vocabSize)
    return { check, verdict: "ok", found: `${range}; the vocabulary has ${formatCount(vocabSize)}` };
  const found =
    `${range}; the vocabulary ends at ${vocabSize - 1}; ` + `the largest id is first in sequence ${largest.sequence}`;
  return { check, verdict: "damaged", found, hint: `await data.peek(${largest.sequence})` };
}

function ends(survey: TokenSurvey, { eod, stitched }: Expectations): CheckRow {
  const check = "ends of documents";
  if (eod === undefined) {
    const hint = "data.verify({ eod: … })";
    return { check, verdict: "unknown", found: "no end-of-text token was appended, or it is not known", hint };
  }
  const { documents, documentsWithoutEod: without, eodTokens } = survey;
  if (stitched) {
    const found = `${formatCount(eodTokens)} tokens ${eod} in ${formatCount(documents)} stitched sequences`;
    return { check, verdict: eodTokens > 0 ? "ok" : "damaged", found };
  }
  if (without === 0)
    return { check, verdict: "ok", found: `all ${formatCount(documents)} documents end with ${eod} or are cut off` };
  const found =
    `${formatCount(without)} of ${formatCount(documents)} documents do not end with ${eod}, ` +
    `the first is ${survey.firstWithoutEod}`;
  return { check, verdict: "warning", found, hint: `await data.peek(${survey.firstWithoutEod})` };
}

function fill({ allPad, firstAllPad, sequences }: TokenSurvey, { pad }: Expectations): CheckRow {
  const check = "padding tokens";
  if (pad === undefined) return { check, verdict: "ok", found: "none are expected" };
  if (allPad === 0) return { check, verdict: "ok", found: `no sequence consists of ${pad} only` };
  const found =
    `${formatCount(allPad)} of ${formatCount(sequences)} sequences consist of ${pad} only, ` +
    `the first is ${firstAllPad}`;
  return { check, verdict: "warning", found, hint: `await data.peek(${firstAllPad})` };
}

function empties({ emptyDocuments, documents }: TokenSurvey): CheckRow {
  const check = "empty documents";
  if (emptyDocuments === 0) return { check, verdict: "ok", found: "none" };
  return {
    check,
    verdict: "warning",
    found: `${formatCount(emptyDocuments)} of ${formatCount(documents)} documents have no tokens`,
  };
}
