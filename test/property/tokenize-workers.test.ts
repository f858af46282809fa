import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { prepareData } from "../../src/data/prepare.js";
import { scratchFolder, templateProcessor, tinyTokenizer } from "../support/tiny-tokenizer.js";

it("any number of threads gives the same bytes", async () => {
  const folder = await scratchFolder({
    "tokenizer.json": tinyTokenizer({ post_processor: templateProcessor(0, undefined) }),
  });
  const words = fc.constantFrom(" a ", "lamp", " , ", "\n\n", "\n", '"', "( x )", "= y =", "long ".repeat(3000));
  const texts = fc.array(words, { minLength: 60, maxLength: 200 }).map((parts) => `start ${parts.join("")}`);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(texts, fc.constantFrom("stitch" as const, "pad" as const), async (text, mode) => {
      const written: Buffer[][] = [];
      for (const workers of [1, 2, 7]) {
        const name = join(folder, `${round++}`);
        const input = `${name}.txt`;
        await writeFile(input, text);
        const options = { tokenizer: folder, output: name, seqLength: 16, mode, workers, padToken: "<pad>" };
        // Thousands of bytes a part, so that every thread gets several.
        const { prefix } = await prepareData({ input, ...options, chunkBytes: 64 * 1024 });
        written.push([await readFile(`${prefix}.bin`), await readFile(`${prefix}.idx`)]);
      }
      // Compared as bytes: a deep comparison of long buffers takes seconds.
      for (const [bin, idx] of written.slice(1) as [Buffer, Buffer][]) {
        expect(bin.equals(written[0]?.[0] as Buffer)).toBe(true);
        expect(idx.equals(written[0]?.[1] as Buffer)).toBe(true);
      }
    }),
    { numRuns: 5 },
  );
}, 120_000);
