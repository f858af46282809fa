import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { TextlintKernel, type TextlintKernelPlugin } from "@textlint/kernel";
import * as markdown from "@textlint/textlint-plugin-markdown";
import sentenceLength from "textlint-rule-sentence-length";
import { expect, it } from "vitest";
import { errorCatalog } from "../../src/core/errors/catalog.js";
import { packageRoot } from "../../src/core/package-root.js";
import { sourcesIn } from "./sources.js";

/** About 25 words. */
const longestSentence = 180;

/** Phrases that read as translated, with what to write instead. */
const awkward: readonly (readonly [RegExp, string])[] = [
  [/\bthere is none of\b/i, "unknown …"],
  [/\bis nobody's\b/i, "is skipped"],
  [/\b(is|are|was) told\b(?! to)/i, "is reported"],
  [/\bdoes nothing twice\b/i, "repeats no work"],
  [/\bhas stopped already\b/i, "already stopped"],
  [/\bno more than there (is|are)\b/i, "at most …"],
  [/\bgoes out of\b/i, "is removed from"],
];

const root = packageRoot();
const documents = ["kernel", "src", "extensions", "test", "notebooks", ".github"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(root, folder, name)),
  )
  .concat(join(root, "README.md"), join(root, "CHANGELOG.md"))
  .map((path) => relative(root, path))
  .filter((path) => /(README|CONTRIBUTING|CHANGELOG)\.md$/.test(path) && !/node_modules|fixtures/.test(path))
  .sort();

/** British words; the names of errors (`CANCELLED`, Python's `CancelledError`) are not among them. */
const british = new RegExp(
  [
    "(?:col|behavi|neighb|fav|hon)our|catalogue|centre[sd]?\\b|licence|fibre|learnt|spelt\\b|towards\\b|mould",
    "(?:label|signal|model|travel)l(?:ed|ing)\\b|cancelling",
    "(?:real|recogn|organ|initial|normal|serial|optim|summar|synchron|token|util|minim|maxim)" +
      "is(?:e[drs]?|ing|ation)\\b",
  ].join("|"),
  "i",
);

/** Lines with British words, each with its place. */
const britishLines = (path: string, text: string): string[] =>
  text.split("\n").flatMap((line, index) => {
    const word = british.exec(line)?.[0];
    return word === undefined ? [] : [`${path}:${index + 1}: ${word}`];
  });

const linter = new TextlintKernel();
const plugin = markdown.default as unknown as TextlintKernelPlugin["plugin"];
const lint = async (text: string) => {
  const { messages } = await linter.lintText(text, {
    ext: ".md",
    plugins: [{ pluginId: "markdown", plugin }],
    rules: [{ ruleId: "sentence-length", rule: sentenceLength, options: { max: longestSentence } }],
  });
  return messages.map(({ line, message }) => `line ${line}: ${message.split("\n")[0]}`);
};
const phrases = (text: string) =>
  awkward.filter(([pattern]) => pattern.test(text)).map(([pattern, better]) => `${pattern}: write "${better}"`);

it.each(documents)("%s has short sentences and plain words", async (path) => {
  const text = readFileSync(join(root, path), "utf8");
  expect([...(await lint(text)), ...phrases(text)]).toEqual([]);
});

it("meaning and cure of every error code have short sentences and plain words", async () => {
  const texts = Object.entries(errorCatalog).map(([code, { meaning, cure }]) => `${code} ${meaning} ${cure}`);
  expect(texts.flatMap(phrases)).toEqual([]);
  expect(await lint(texts.join("\n\n"))).toEqual([]);
});

it("a sentence that is too long and an awkward phrase are found", async () => {
  expect(await lint(`The text ${"goes on and on and ".repeat(12)}ends.`)).toHaveLength(1);
  expect(phrases("A full heap is told.")).toHaveLength(1);
});

it("code, messages, and documents have American spelling", () => {
  const code = ["kernel", "src", "extensions"].flatMap((folder) => sourcesIn(folder, /\.(?:ts|mjs|py|md|ya?ml)$/));
  const lessons = sourcesIn("notebooks", /\.(?:ipynb|md)$/);
  const others = ["README.md", "CHANGELOG.md"].map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
  const found = [...code, ...lessons, ...others].flatMap(({ path, text }) => britishLines(path, text));
  expect(found, "write color, behavior, catalog, center, labeled, learned, toward, recognize").toEqual([]);
  expect(britishLines("a", "CANCELLED\nlearned colours\nrecognises")).toHaveLength(2);
});
