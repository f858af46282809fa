import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PrepareOptions } from "../../../../src/data/prepare/options.js";
import { prepareData } from "../../../../src/data/prepare.js";
import { joinSmallParts } from "../../../../src/data/tokenize/threads/join-small-parts.js";
import type { TokenizedPart } from "../../../../src/data/tokenize/threads/pool.js";
import { scratchFolder, tinyTokenizer } from "../../../support/tiny-tokenizer.js";

const count = 300;
const lines = Array.from({ length: count }, (_, i) => `line ${i % 37} ${"abc ".repeat(i % 11)}\n`);

/**
 * The same lines as one file in a folder and as a file each in another; prepares one of the folders and gives the
 * files' bytes.
 */
async function place() {
  const folder = await scratchFolder({ "tokenizer.json": tinyTokenizer({}) });
  for (const name of ["one", "many"]) await mkdir(join(folder, name));
  await writeFile(join(folder, "one", "all.txt"), lines.join(""));
  for (const [i, line] of lines.entries())
    await writeFile(join(folder, "many", `${String(i).padStart(4, "0")}.txt`), line);
  const bytesOf = async (from: "one" | "many", options: Partial<PrepareOptions>): Promise<Buffer[]> => {
    const paths = {
      input: join(folder, from),
      tokenizer: join(folder, "tokenizer.json"),
      output: join(folder, "out", from),
    };
    const { prefix } = await prepareData({ ...paths, inputFormat: "lines", seqLength: 15, ...options });
    return Promise.all([readFile(`${prefix}.bin`), readFile(`${prefix}.idx`)]);
  };
  return { folder, bytesOf };
}

/** A signal that is aborted once it has been asked so many times. */
function abortedAfter(times: number): AbortSignal {
  const stop = new AbortController();
  let asked = 0;
  return new Proxy(stop.signal, {
    get(signal, key) {
      if (key === "aborted" && ++asked === times) stop.abort();
      const value = Reflect.get(signal, key, signal);
      return typeof value === "function" ? value.bind(signal) : value;
    },
  });
}

describe("hundreds of small files", () => {
  it.each<Partial<PrepareOptions>>([
    { mode: "documents", workers: 1 },
    { mode: "documents", workers: 2 },
    { mode: "documents", workers: 1, chunkBytes: 2000 },
    { mode: "stitch" },
    { mode: "pad", padToken: "<pad>" },
  ])("give the bytes that one file with the same lines gives: %o", async (options) => {
    const { bytesOf } = await place();
    expect(await bytesOf("many", options)).toEqual(await bytesOf("one", options));
  });

  it("continue where they were interrupted, with the same bytes", async () => {
    const { folder, bytesOf } = await place();
    const options = { mode: "documents", workers: 1, chunkBytes: 2000 } as const;
    // Asked once per file that is read for the first time, then once per part that is written.
    const stopped = bytesOf("many", { ...options, signal: abortedAfter(count + 20) });
    await expect(stopped).rejects.toMatchObject({ code: "CANCELLED" });
    const [left = ""] = await readdir(join(folder, "out"));
    const journal = await readFile(join(folder, "out", left, "journal.jsonl"), "utf8");
    expect(journal.split("\n").length).toBeGreaterThan(10);
    expect(await bytesOf("many", options)).toEqual(await bytesOf("one", options));
  });
});

it("parts are put together until they have enough text: counts are added, one text is kept for the native library", async () => {
  const part = (first: number, byteLength: number, texts?: number[]): TokenizedPart => ({
    part: {
      first,
      stretches: 1,
      path: `${first}`,
      offset: 0,
      format: "lines",
      place: undefined,
      valid: true,
      byteLength,
    },
    tokens: {
      ids: Int32Array.of(first, first),
      lengths: Int32Array.of(2),
      texts: texts && Int32Array.from(texts),
      ...{ skipped: 1, repaired: 2, native: 0, badLines: 0 },
      badLine: undefined,
      sample: { text: `${first}`, ids: Int32Array.of(first, first) },
    },
    badLine: undefined,
  });
  async function* source() {
    yield* [part(0, 10), part(1, 10, [1]), part(2, 90), part(3, 200), part(4, 1)];
  }
  const found: TokenizedPart[] = [];
  for await (const one of joinSmallParts(source(), 100)) found.push(one);
  expect(found.map(({ part: { first, stretches, byteLength } }) => [first, stretches, byteLength])).toEqual([
    [0, 3, 110],
    [3, 1, 200],
    [4, 1, 1],
  ]);
  expect(found[0]?.tokens).toEqual({
    ids: Int32Array.of(0, 0, 1, 1, 2, 2),
    lengths: Int32Array.of(2, 2, 2),
    texts: Int32Array.of(1, 1, 1),
    ...{ skipped: 3, repaired: 6, native: 0, badLines: 0 },
    badLine: undefined,
    sample: { text: "0", ids: Int32Array.of(0, 0) },
  });
});
