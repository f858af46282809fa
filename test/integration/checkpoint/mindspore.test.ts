import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import { CheckpointOracle, type Described, decoded, readHere } from "../../support/checkpoint-oracle.js";

let folder: string;
let oracle: CheckpointOracle;
let expected: Described;
const key = "0123456789abcdefghijklmnopqrstuv";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mindspore-"));
  oracle = new CheckpointOracle(folder);
  expected = await oracle.ask<Described>("save", { folder });
});

afterAll(async () => {
  oracle.close();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ["plain.ckpt", undefined],
  ["crc.ckpt", undefined],
  ["sliced.ckpt", undefined],
  ["gcm128.ckpt", key.slice(0, 16)],
  ["gcm192.ckpt", key.slice(0, 24)],
  ["gcm256.ckpt", key],
  ["cbc128.ckpt", key.slice(0, 16)],
  ["cbc192.ckpt", key.slice(0, 24)],
  ["cbc256.ckpt", key],
  ["sm4.ckpt", key.slice(0, 16)],
  ["blocks.ckpt", key.slice(0, 16)],
  ["plain.safetensors", undefined],
  ["crc.safetensors", undefined],
])("%s of MindSpore has the types, shapes and values that MindSpore loads", async (name, fileKey) => {
  const seen = await readHere(join(folder, name), fileKey === undefined ? {} : { key: fileKey });
  const { "layer.bfloat16": brain, ...others } = decoded(expected);
  expect(Object.keys(others).length).toBe(18);
  expect(seen).toEqual(name === "crc.safetensors" ? others : { ...others, "layer.bfloat16": brain });
});

test.each(["crc.ckpt", "sliced.ckpt", "crc.safetensors"])(
  "%s proves its bytes by the CRC that MindSpore stored",
  async (name) => {
    const verification = await (await openCheckpoint(join(folder, name))).verify();
    expect(verification.findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(verification.facts.checksummedFiles).toBe(1);
  },
);

test("an encrypted checkpoint without its key, or with another one, says so", async () => {
  const path = join(folder, "gcm128.ckpt");
  await expect(openCheckpoint(path)).rejects.toMatchObject({ code: "CKPT_KEY_WRONG" });
  await expect(openCheckpoint(path, { key: "x".repeat(16) })).rejects.toMatchObject({ code: "CKPT_KEY_WRONG" });
  await expect(openCheckpoint(path, { key: "short" })).rejects.toThrow("16, 24, or 32 bytes, found 5");
  const cbc = openCheckpoint(join(folder, "cbc128.ckpt"), { key: "x".repeat(16) });
  await expect(cbc).rejects.toMatchObject({ code: "CKPT_KEY_WRONG" });
});
