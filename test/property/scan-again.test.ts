import { stat } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CutFinder, LineCuts, SeparatorCuts, type TextCut, WikitextCuts } from "../../src/data/text/cuts.js";
import type { InputFile } from "../../src/data/text/input/files.js";
import { type ScanFindings, type ScanOptions, scanFile } from "../../src/data/text/scan.js";
import { findCuts } from "../support/cut-text.js";
import { scratchFolder } from "../support/tiny-tokenizer.js";

const words = [
  "(",
  ")",
  "[",
  '"',
  "'",
  " ",
  "\n",
  "\n\n",
  "\r\n",
  "a",
  "The ",
  "é",
  "字",
  " = x = ",
  "/' 5/",
  ". \n \n",
  "x\n\nY",
  "ab",
  "aab",
  ". \n \n",
  "x\n\nY",
];
const texts = fc.array(fc.constantFrom(...words), { minLength: 30, maxLength: 60 }).map((parts) => parts.join(""));
const cases = fc.record({
  text: texts,
  stretch: fc.integer({ min: 1, max: 12 }),
  block: fc.integer({ min: 1, max: 9 }),
});
const finders: readonly (readonly [string, (stretch: number, known?: readonly TextCut[]) => CutFinder])[] = [
  ["lines", (stretch, known) => new LineCuts(stretch, known)],
  ["an empty line", (stretch, known) => new SeparatorCuts("\n\n", stretch, known)],
  [
    "an empty line, asked for with Windows' line ends",
    (stretch, known) => new SeparatorCuts("\r\n\r\n", stretch, known),
  ],
  ["a separator that overlaps itself", (stretch, known) => new SeparatorCuts("aa", stretch, known)],
  ["WikiText", (stretch, known) => new WikitextCuts(stretch, known)],
];

describe.each(finders)("cuts at %s", (_, finder) => {
  it("are the same when the search begins again at any of them", () => {
    let again = 0;
    fc.assert(
      fc.property(cases, ({ text, stretch, block }) => {
        const bytes = Buffer.from(text);
        const whole = findCuts(finder(stretch), bytes, block);
        for (let count = 1; count <= whole.cuts.length; count++) {
          const known = whole.cuts.slice(0, count);
          const rest = bytes.subarray(known.at(-1)?.offset);
          const found = findCuts(finder(stretch, known), rest, block);
          expect([found.cuts, found.totals]).toEqual([whole.cuts, whole.totals]);
          again++;
        }
      }),
      { numRuns: 2000 },
    );
    expect(again).toBeGreaterThan(500);
  });
});

describe("a file whose first reading is interrupted", () => {
  const text = Array.from({ length: 80_000 }, (_, i) => `Line ${i} of "many ( with some text .\n\nThen ) ${i}`).join(
    "\n",
  );
  const bad = Buffer.concat([Buffer.from(text.slice(0, 150_000)), Buffer.of(0xe4), Buffer.from(text.slice(150_000))]);

  it.each([
    ["WikiText", "wikitext", Buffer.from(text), undefined],
    ["lines that are not all UTF-8", "lines", bad, undefined],
    ["compressed text", "text", gzipSync(text), "gz"],
  ] as const)(
    "goes on after the last cut that was kept and finds the same: %s",
    async (_, format, content, compression) => {
      const folder = await scratchFolder({ "in.txt": content });
      const path = join(folder, "in.txt");
      const { size, mtimeMs } = await stat(path);
      const file: InputFile = { path, bytes: size, modified: mtimeMs, changed: 0, format, compression };
      const options: ScanOptions = {
        encodingErrors: "replace",
        separator: "\n\n",
        stretchBytes: 300,
        key: "text",
        signal: undefined,
      };
      const whole = await scanFile(file, options);
      const kept: ScanFindings[] = [];
      for (let call = 0; ; call++) {
        const known = { cuts: kept.flatMap(({ cuts }) => cuts), firstBad: kept.at(-1)?.firstBad };
        const keep = async (found: ScanFindings) => {
          kept.push(found);
          if (kept.length <= 6) throw new Error("interrupted");
        };
        const scan = await scanFile(file, { ...options, known, keep }).catch((error: Error) => error.message);
        if (scan === "interrupted") continue;
        expect(scan).toEqual(whole);
        expect(call).toBeGreaterThan(0);
        break;
      }
    },
  );
});
