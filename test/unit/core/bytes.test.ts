import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FileBytes, memoryBytes } from "../../../src/core/bytes.js";
import { throwIfCancelled } from "../../../src/core/cancel.js";
import { scratchFolder } from "../../support/tiny-tokenizer.js";

it("a file and memory give the same bytes for the same stretch", async () => {
  const data = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
  const path = join(await scratchFolder(), "bytes");
  await writeFile(path, data);
  const file = await FileBytes.open(path);
  for (const source of [file, memoryBytes("memory", data)]) {
    expect(source.byteLength).toBe(300);
    expect([...(await source.slice(255, 258))]).toEqual([255, 0, 1]);
    expect(await source.slice(300, 300)).toHaveLength(0);
    await expect(source.slice(299, 301)).rejects.toThrow(/bytes 299 to 301/);
  }
  await file.close();
});

it("a file that was cut after it was opened is an error, not a row of zeros", async () => {
  const path = join(await scratchFolder({ bytes: "0123456789" }), "bytes");
  const file = await FileBytes.open(path);
  await truncate(path, 4);
  await expect(file.slice(2, 8)).rejects.toThrow("bytes 2 to 8, file ends at 4");
  await file.close();
});

it("a file that is not there is named with what it was to be", async () => {
  await expect(FileBytes.open("/nowhere/x", "index")).rejects.toMatchObject({
    code: "FILE_MISSING",
    message: "index /nowhere/x: expected a file, found nothing",
  });
});

it("only a signal that has fired cancels", () => {
  throwIfCancelled(undefined, "it");
  throwIfCancelled(new AbortController().signal, "it");
  expect(() => throwIfCancelled(AbortSignal.abort(), "reading")).toThrow("reading was cancelled");
});
