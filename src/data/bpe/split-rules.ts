import {
  type Alternatives,
  type ClassRegister,
  literalPattern,
  parsePattern,
  UnsupportedPattern,
} from "./pattern/parser.js";
import type { PreTokenizerRule } from "./tables/tokenizer-file.js";

/** One pre-tokenizer: text is cut at the matches; which parts stay is said by the flags. */
export interface SplitRule {
  readonly pattern: Alternatives;
  readonly keepMatches: boolean;
  readonly keepGaps: boolean;
}

/** What `ByteLevel` splits with when its `use_regex` is set (GPT-2's pattern). */
const byteLevelPattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/**
 * The rounds of splitting that a `pre_tokenizer` asks for. Throws UnsupportedPattern if one can't be done exactly
 * here.
 */
export function readSplits(rule: PreTokenizerRule | null | undefined, register: ClassRegister): readonly SplitRule[] {
  const rules = rule?.type === "Sequence" ? (rule.pretokenizers ?? []) : rule ? [rule] : [];
  if (rules.filter(({ type }) => type === "ByteLevel").length !== 1 || rules.at(-1)?.type !== "ByteLevel")
    throw new UnsupportedPattern("a pre-tokenizer that does not end with ByteLevel");
  return rules.flatMap((one) => readOne(one, register));
}

function readOne(rule: PreTokenizerRule, register: ClassRegister): readonly SplitRule[] {
  const isolated = (pattern: string) => [
    { pattern: parsePattern(pattern, register), keepMatches: true, keepGaps: true },
  ];
  if (rule.type === "Split") return [readSplit(rule, register)];
  if (rule.type === "Digits") return isolated(rule.individual_digits ? "\\p{N}" : "\\p{N}+");
  if (rule.type !== "ByteLevel") throw new UnsupportedPattern(`a pre-tokenizer of type ${rule.type}`);
  if (rule.add_prefix_space !== false) throw new UnsupportedPattern("a space before the text");
  return rule.use_regex === false ? [] : isolated(byteLevelPattern);
}

function readSplit({ pattern, behavior, invert = false }: PreTokenizerRule, register: ClassRegister): SplitRule {
  if (behavior !== "Isolated" && behavior !== "Removed") throw new UnsupportedPattern(`the split behavior ${behavior}`);
  const removed = behavior === "Removed";
  if (!pattern?.Regex && !pattern?.String) throw new UnsupportedPattern("a split without pattern");
  return {
    pattern: pattern.Regex ? parsePattern(pattern.Regex, register) : literalPattern(pattern.String ?? "", register),
    keepMatches: !removed || invert,
    keepGaps: !removed || !invert,
  };
}
