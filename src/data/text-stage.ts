/** A rewriting of text that works piece by piece: the concatenated results do not depend on where the input was cut. */
export interface TextStage {
  /** Takes the next piece of input and gives what is certain of the output. */
  push(text: string): string;
  /** Gives the rest of the output; nothing may be pushed afterwards. */
  finish(): string;
}

/** The stages one after the other. */
export function chainStages(stages: readonly TextStage[]): TextStage {
  return {
    push: (text) => stages.reduce((current, stage) => stage.push(current), text),
    finish: () => stages.reduce((current, stage) => stage.push(current) + stage.finish(), ""),
  };
}

/** Every occurrence of `from`, left to right and without overlap, becomes `to`: Python's `str.replace`. */
export function replaceStage(from: string, to: string): TextStage {
  return splitStage({ separator: from, to, heldLength: (rest) => openPrefixLength(rest, from) });
}

/** Every match of `pattern` becomes the literal `to`; `open` matches, at the end of a text, the beginning of a possible match. */
export function patternStage(pattern: RegExp, open: RegExp, to: string): TextStage {
  return splitStage({ separator: pattern, to, heldLength: (rest) => open.exec(rest)?.[0].length ?? 0 });
}

/** `\r\n` and `\r` become `\n`, as in files that Python opens in text mode. */
export function universalNewlines(): TextStage {
  let held = "";
  return {
    push(text) {
      const data = held + text;
      held = data.endsWith("\r") ? "\r" : "";
      const certain = held === "" ? data : data.slice(0, -1);
      return certain.includes("\r") ? certain.replace(/\r\n?/g, "\n") : certain;
    },
    finish: () => (held === "" ? "" : "\n"),
  };
}

interface SplitRule {
  readonly separator: string | RegExp;
  readonly to: string;
  /** How many characters at the end of a text without match may be the beginning of one. */
  readonly heldLength: (rest: string) => number;
}

function splitStage({ separator, to, heldLength }: SplitRule): TextStage {
  let held = "";
  return {
    push(text) {
      const parts = (held + text).split(separator);
      const rest = parts[parts.length - 1] as string;
      const keep = heldLength(rest);
      held = keep === 0 ? "" : rest.slice(-keep);
      if (keep > 0) parts[parts.length - 1] = rest.slice(0, -keep);
      return parts.length === 1 ? (parts[0] as string) : parts.join(to);
    },
    finish() {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

/** Length of the longest proper prefix of `word` that ends `text`. */
function openPrefixLength(text: string, word: string): number {
  for (let length = Math.min(word.length - 1, text.length); length > 0; length--)
    if (text.endsWith(word.slice(0, length))) return length;
  return 0;
}
