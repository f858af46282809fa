import type { ArgumentOffers, ArgumentPlace } from "../../../src/view/display-contract.js";
import type { FoundPlace, Known } from "../checker/cell/questions/argument-place.js";
import type { Completion, Inspection } from "../evaluator.js";
import { createAssistants, patiently } from "./assistants.js";
import { fileNames, isPath } from "./file-names.js";
import { valueAt } from "./live-members.js";

interface Asked {
  readonly place: FoundPlace;
  readonly code: string;
  readonly cursor: number;
  /** What the compiler offers there. */
  readonly found: Completion;
}

/** Completes and explains arguments: with the assistant of the package that declares the function, and with files. */
export interface ArgumentHelp {
  complete(asked: Asked): Promise<Completion>;
  inspect(place: FoundPlace): Promise<Inspection | undefined>;
}

export function createArgumentHelp(locals: Readonly<Record<string, unknown>>): ArgumentHelp {
  const assistantOf = createAssistants();
  const known = (one: Known): unknown => {
    if (one === null) return undefined;
    return "value" in one ? one.value : valueAt(one.source, locals);
  };
  const describe = ({ callee, index, keys, isKey, text, earlier, receiver }: FoundPlace): ArgumentPlace => ({
    ...{ callee, index, keys, isKey, text },
    earlier: earlier.map(known),
    receiver: receiver === undefined ? undefined : valueAt(receiver, locals),
  });
  return {
    async complete({ place, code, cursor, found }) {
      const assistant = await assistantOf(place.declaredIn);
      const offers = assistant && (await patiently(() => assistant.complete(describe(place))));
      const typed = code.slice(place.start, cursor);
      if (!place.quoted)
        return offers === undefined ? found : withOffers(found, place, offersInCode(offers, place, typed));
      const texts = offers === undefined ? [] : offersInText(offers, typed);
      const mayBePath =
        offers === undefined ? found.matches.length === 0 && isPath(typed, place.parameter) : offers.files;
      if (mayBePath === undefined || mayBePath === false)
        return offers === undefined ? found : { start: place.start, end: place.end, matches: texts };
      const path = { typed, cursor, end: place.end, rest: code.slice(cursor, place.end) };
      const files = await fileNames(path, offers?.files);
      return joined({ start: place.start, end: place.end, matches: texts }, files, code) ?? found;
    },
    async inspect(place) {
      const assistant = await assistantOf(place.declaredIn);
      const markdown = assistant && (await patiently(() => assistant.inspect(describe(place))));
      return markdown === undefined ? undefined : { markdown, text: markdown.replace(/\*\*|`/g, "") };
    },
  };
}

type Matches = Completion["matches"];

/** Front ends have one narrow line for the kind, which must not break; all of it is the signature. */
function shown(about: string | undefined): { kind: string; type?: string } {
  if (about === undefined) return { kind: "text" };
  const [first = about] = about.split(" · ");
  const short = first.length > widest ? `${first.slice(0, widest - 1)}…` : first;
  return { kind: short.replaceAll(" ", "\u00a0"), type: about };
}

const widest = 24;

/** What begins as typed, else what contains it. */
function offersInText({ offers }: ArgumentOffers, typed: string): Matches {
  const texts = offers.filter(({ code }) => code === undefined);
  const fits = (test: (text: string) => boolean) => texts.filter(({ text }) => test(text.toLowerCase()));
  const sought = typed.toLowerCase();
  const beginning = fits((text) => text.startsWith(sought));
  const chosen = beginning.length > 0 ? beginning : fits((text) => text.includes(sought));
  return chosen.map(({ text, about }) => ({ text, ...shown(about) }));
}

/** The same where no quotes are. */
function offersInCode({ offers }: ArgumentOffers, { isKey }: FoundPlace, typed: string): Matches {
  const codes = offers.map(({ text, code, about }) => ({
    text: code ?? (isKey && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text) ? text : JSON.stringify(text)),
    ...shown(about),
  }));
  return codes.filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()));
}

/** Offers in front of what the compiler has to offer there. */
function withOffers(found: Completion, { start, end }: FoundPlace, offers: Matches): Completion {
  if (offers.length === 0) return found;
  const texts = new Set(offers.map(({ text }) => text));
  const others = found.start === start ? found.matches.filter(({ text }) => !texts.has(text)) : [];
  return { start, end, matches: [...offers, ...others] };
}

/** Texts that replace all, and files that replace the last part of a path: their beginning is put before them then. */
function joined(texts: Completion, files: Completion | undefined, code: string): Completion | undefined {
  if (files === undefined) return texts.matches.length === 0 ? undefined : texts;
  if (texts.matches.length === 0) return files;
  const before = code.slice(texts.start, files.start);
  const after = code.slice(files.end, texts.end);
  const whole = files.matches.map((match) => ({ ...match, text: before + match.text + after }));
  return { ...texts, matches: [...texts.matches, ...whole] };
}
