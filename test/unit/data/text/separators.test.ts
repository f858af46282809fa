import fc from "fast-check";
import { expect, it } from "vitest";
import { SeparatorCuts } from "../../../../src/data/text/cuts.js";
import { documentsOf } from "../../../../src/data/text/documents.js";
import { separated } from "../../../../src/data/text/separators.js";
import { findCuts } from "../../../support/cut-text.js";
import { place } from "../../../support/prepare-place.js";

const endings = ["\n", "\r\n", "\r"] as const;

it.each(["\r\n", "\r"])(
  "documents separated by empty lines that end with %j are the documents of the same text with \\n",
  async (end) => {
    const { prepare, folder } = await place({ "in.txt": ["Alpha", "beta", "", "Gamma", "", "Delta", ""].join(end) });
    for (const chunkBytes of [1, 1000])
      for (const separator of [{}, { documentSeparator: "\n\n" }, { documentSeparator: "\r\n\r\n" }]) {
        const { data } = await prepare({
          inputFormat: "text",
          chunkBytes,
          output: `${folder}/${chunkBytes}`,
          ...separator,
        });
        expect(data.documents).toBe(3);
        expect((await data.peek(1)).text).toBe("Gamma");
      }
  },
);

it.each(["\r\n", "\r"])("lines and JSON lines may end with %j", async (end) => {
  const { prepare, folder } = await place({
    "in.txt": ["one", "two", ""].join(end),
    "in.jsonl": ['{"text": "one"}', '{"text": "two"}', ""].join(end),
  });
  expect((await prepare({ inputFormat: "lines" })).documents).toBe("|one/|two/|");
  const lines = await prepare({ input: `${folder}/in.jsonl`, output: `${folder}/j` });
  expect([lines.documents, lines.data.manifest?.reading?.skipped]).toEqual(["|one/|two/|", 0]);
});

/** Words and line ends of one kind each, so that the same text can be written with others. */
const words = fc.array(fc.constantFrom("a", "b", "é", "\n", "\n", "\n", " ", "--"), { minLength: 1, maxLength: 40 });
const written = fc.tuple(words, fc.array(fc.nat(2), { minLength: 1, maxLength: 9 })).map(([parts, kinds]) => {
  let line = 0;
  const other = parts.map((part) =>
    part === "\n" ? (endings[kinds[line++ % kinds.length] as number] as string) : part,
  );
  // A \r followed by a \n would be one line end.
  return {
    plain: parts.join(""),
    mixed: other.join("").includes("\r\n") ? other.join("").replace(/\r(?=\r\n)/g, "\n") : other.join(""),
  };
});
const separators = fc.constantFrom("\n\n", "\n", "\n\n\n", "--", "\n--\n", "a\n");
const texts = (text: string, separator: string) => {
  const bytes = Buffer.from(text);
  const { bounds, skipped } = separated(bytes, separator);
  const found = Array.from({ length: bounds.length / 2 }, (_, i) =>
    bytes.toString("utf8", bounds[2 * i], bounds[2 * i + 1]),
  );
  return { skipped, found: found.map((one) => one.replace(/\r\n?/g, "\n")) };
};

it("5,000 random texts: with line ends of any kind they have the documents of the text with \\n", () => {
  fc.assert(
    fc.property(written, separators, ({ mixed }, separator) => {
      const plain = mixed.replace(/\r\n?/g, "\n");
      expect(texts(mixed, separator)).toEqual(texts(plain, separator));
    }),
    { numRuns: 5000, seed: 3 },
  );
});

it("5,000 random texts with line ends of any kind: the parts between cuts have the documents of the whole", () => {
  let cuts = 0;
  const sizes = fc.record({ stretch: fc.integer({ min: 1, max: 12 }), block: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(written, separators, sizes, ({ mixed }, separator, { stretch, block }) => {
      const bytes = Buffer.from(mixed);
      const found = findCuts(new SeparatorCuts(separator, stretch), bytes, block).cuts.map(({ offset }) => offset);
      cuts += found.length;
      const rules = {
        format: "text",
        place: undefined,
        separator,
        key: "",
        encodingErrors: "error",
        onBadLines: "error",
        valid: true,
      } as const;
      const parts = [0, ...found].flatMap((from, i) => {
        const part = Buffer.from(bytes.subarray(from, found[i] ?? bytes.length));
        const { bytes: text, bounds } = documentsOf(part, rules);
        return Array.from({ length: bounds.length / 2 }, (_, k) =>
          text.toString("utf8", bounds[2 * k], bounds[2 * k + 1]),
        );
      });
      expect(parts.map((one) => one.replace(/\r\n?/g, "\n"))).toEqual(texts(mixed, separator).found);
    }),
    { numRuns: 5000, seed: 4 },
  );
  expect(cuts).toBeGreaterThan(500);
});
