import fc from "fast-check";
import { expect, it } from "vitest";
import { memoryBytes } from "../../src/core/bytes.js";
import { FormatError } from "../../src/core/error.js";
import { encodeMegatronIndex, readIndexEntry, readMegatronIndex, tokenBytes } from "../../src/formats/megatron.js";

const plans = fc
  .record({
    lengths: fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 40 }),
    cuts: fc.array(fc.nat(40), { maxLength: 10 }),
    dtype: fc.constantFrom("uint8", "int8", "int16", "int32", "int64", "uint16"),
  })
  .map(({ lengths, cuts, dtype }) => {
    const ends = [...cuts.map((cut) => Math.min(cut, lengths.length)), lengths.length].sort((a, b) => a - b);
    const bytes = encodeMegatronIndex({
      dtype,
      sequences: lengths.length,
      documents: ends.length,
      length: (i) => lengths[i] as number,
      documentEnd: (i) => ends[i] as number,
    });
    return { lengths, ends, dtype, bytes: Buffer.concat([...bytes]) };
  });

it("what is written to an index is read from it", async () => {
  await fc.assert(
    fc.asyncProperty(plans, async ({ lengths, ends, dtype, bytes }) => {
      const source = memoryBytes("x.idx", bytes);
      const index = await readMegatronIndex(source);
      const tokens = lengths.reduce((sum, length) => sum + length, 0);
      expect(index).toMatchObject({ dtype, tokens, sequences: lengths.length, documents: ends.length });
      expect(index.binBytes).toBe(tokens * tokenBytes(dtype));
      let offset = 0;
      for (const [i, length] of lengths.entries()) {
        expect(await readIndexEntry(source, index, i)).toEqual({ length, offset });
        offset += length * tokenBytes(dtype);
      }
    }),
    { numRuns: 200 },
  );
});

it("any byte changed gives a correct reading or an error that names the file and an offset within it", async () => {
  const mutated = fc.tuple(plans, fc.nat(), fc.nat(255), fc.option(fc.nat(), { nil: undefined }));
  await fc.assert(
    fc.asyncProperty(mutated, async ([{ bytes }, at, value, cut]) => {
      bytes[at % bytes.byteLength] = value;
      const data = cut === undefined ? bytes : bytes.subarray(0, cut % (bytes.byteLength + 1));
      try {
        const index = await readMegatronIndex(memoryBytes("x.idx", data));
        expect(index.binBytes).toBe(index.tokens * tokenBytes(index.dtype));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        const { file, offset } = error as FormatError;
        expect(file).toBe("x.idx");
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThanOrEqual(data.byteLength);
      }
    }),
    { numRuns: 3000 },
  );
});
