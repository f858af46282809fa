import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scrubFiles } from "../../../../src/checkpoint/prove/scrub-files.js";
import { readSeal, sealFiles, writeSeal } from "../../../../src/checkpoint/prove/seal-files.js";
import { formatSeal, parseSeal } from "../../../../src/checkpoint/prove/seal-format.js";
import { temporaryFolder } from "../../../support/checkpoint-folder.js";

const block = 4 * 1024 * 1024;

async function sealedFolder() {
  const folder = await temporaryFolder();
  const large = new Uint8Array(2 * block + 100).fill(7);
  await writeFile(join(folder, "a.safetensors"), large);
  await writeFile(join(folder, "b.safetensors"), Uint8Array.of(1, 2, 3));
  await writeFile(join(folder, "empty"), "");
  const paths = ["a.safetensors", "b.safetensors", "empty"];
  const seal = await sealFiles({ folder, paths, step: 50 });
  return { folder, seal, large };
}

test("a sealed folder that nobody touched scrubs without a finding, with a seal from its file", async () => {
  const { folder, seal } = await sealedFolder();
  await writeSeal(join(folder, "seals"), seal);
  expect(await readSeal(join(folder, "seals"), 50)).toEqual(seal);
  expect(await readSeal(join(folder, "seals"), 60)).toBeUndefined();
  expect(await scrubFiles({ folder, seal })).toEqual([]);
});

test("one changed bit is found with its block, although size and header are the same", async () => {
  const { folder, seal, large } = await sealedFolder();
  large[block + 5] = 6;
  await writeFile(join(folder, "a.safetensors"), large);
  const [found, ...rest] = await scrubFiles({ folder, seal });
  expect(rest).toEqual([]);
  expect(found).toMatchObject({ path: "a.safetensors", kind: "changed", ranges: [[block, 2 * block]] });
});

test("a cut file and a missing file are findings, not errors", async () => {
  const { folder, seal } = await sealedFolder();
  await truncate(join(folder, "a.safetensors"), block + 1);
  await rm(join(folder, "b.safetensors"));
  const found = await scrubFiles({ folder, seal });
  expect(found.map(({ path, kind }) => [path, kind])).toEqual([
    ["a.safetensors", "size"],
    ["b.safetensors", "missing"],
  ]);
  expect(found[0]?.ranges).toEqual([[block + 1, 2 * block + 100]]);
});

test("a seal with one changed digit is refused, so that it accuses no sound file", async () => {
  const { seal } = await sealedFolder();
  const text = formatSeal(seal);
  const at = text.indexOf('"blocks":"') + 12;
  const digit = text[at] === "0" ? "1" : "0";
  expect(() => parseSeal(text.slice(0, at) + digit + text.slice(at + 1), "seal")).toThrow("not a valid seal");
  expect(() => parseSeal("", "seal")).toThrow("SHA-256");
  expect(parseSeal(text, "seal")).toEqual(seal);
});

test("an aborted signal ends sealing as cancelled", async () => {
  const { folder } = await sealedFolder();
  const work = sealFiles({ folder, paths: ["a.safetensors"], step: 1, signal: AbortSignal.abort() });
  await expect(work).rejects.toMatchObject({ code: "CANCELLED" });
});
