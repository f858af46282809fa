import { documentsOf } from "./documents.js";
import type { InputFile } from "./input/files.js";
import { BadLine, type PartRules } from "./part-rules.js";
import { textParts } from "./parts.js";
import type { FileScan } from "./scan.js";

/** The first texts of the input, to prove the fast way with and to estimate how much there will be. */
export interface TextSample {
  readonly texts: readonly string[];
  /** Bytes of input that they come from. */
  readonly bytes: number;
}

/**
 * Bytes of input that are read for each byte of the sample: of JSON lines only a part is text. Reading, here in code
 * that has not run before, costs time at the start.
 */
const bytesRead = { plain: 2, fields: 8 } as const;

/** Bytes of text that are enough for a text: a 512th, from 8 to 64 KiB. */
function sampleSize(textBytes: number): number {
  return Math.max(8 * 1024, Math.min(64 * 1024, Math.ceil(textBytes / 512)));
}

export async function takeSample(source: {
  readonly files: readonly InputFile[];
  readonly scans: readonly FileScan[];
  readonly rules: Pick<PartRules, "separator" | "key" | "encodingErrors" | "onBadLines">;
  readonly key: string;
}): Promise<TextSample> {
  const { files, scans, rules, key } = source;
  const enough = sampleSize(scans.reduce((sum, scan) => sum + scan.textBytes, 0));
  const hasFields = files[0]?.format === "jsonl" || files[0]?.format === "parquet";
  for await (const { bytes, format, place, valid } of textParts(files, scans, {
    from: 0,
    partBytes: enough * (hasFields ? bytesRead.fields : bytesRead.plain),
    key,
    encodingErrors: rules.encodingErrors,
  })) {
    const size = bytes.length;
    try {
      const { bytes: text, bounds } = documentsOf(bytes, { ...rules, format, place, valid });
      const texts: string[] = [];
      let end = 0;
      for (let i = 0; i < bounds.length && end < enough; i += 2) {
        const start = bounds[i] as number;
        // Of a long text the beginning is enough; what the cut leaves of a character goes away.
        end = Math.min(bounds[i + 1] as number, start + enough);
        texts.push(text.toString("utf8", start, end).replace(/\ufffd$/, ""));
      }
      return { texts, bytes: text.length === 0 ? size : Math.max(1, Math.round((size * end) / text.length)) };
    } catch (error) {
      if (error instanceof BadLine) break; // the thread that gets this part says where it is
      throw error;
    }
  }
  return { texts: [], bytes: 1 };
}
