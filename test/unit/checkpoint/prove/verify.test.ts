import { truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCheckpoints } from "../../../../src/checkpoint/open/open.js";
import { countNotFinite } from "../../../../src/checkpoint/prove/finite.js";
import { decodeElements, type ElementType } from "../../../../src/formats/dtype.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { checkpointFile, saveRank, temporaryFolder } from "../../../support/checkpoint-folder.js";
import { floats, integer, safetensorsFile } from "../../../support/safetensors-file.js";

async function verifyRanks(...files: readonly Uint8Array[]) {
  const folder = await temporaryFolder();
  const paths: string[] = [];
  for (const [rank, bytes] of files.entries()) paths.push(await saveRank(folder, { rank, point: "1_5", bytes }));
  const [checkpoint] = (await openCheckpoints(folder)).all;
  if (!checkpoint) throw new Error("a checkpoint expected");
  return { verification: await checkpoint.verify(), checkpoint, paths };
}

test("a sound checkpoint is ok, without findings, and says what was read", async () => {
  const { verification } = await verifyRanks(checkpointFile(5), checkpointFile(5));
  expect(verification.ok).toBe(true);
  expect(verification.findings).toEqual([]);
  expect(verification.facts).toMatchObject({ ranks: 2, tensors: 16, bytes: 184, shared: 8, identical: 8 });
  expect(verification[displayKey]()["text/plain"]).toContain("✓ no damage found");
});

test("NaN and infinite values are found, with tensor, rank and how many", async () => {
  const bad = floats(1, Number.NaN, Number.POSITIVE_INFINITY, Number.NaN);
  const { verification } = await verifyRanks(checkpointFile(5), checkpointFile(5, { "output_layer.weight": bad }));
  expect(verification.ok).toBe(false);
  expect(verification.findings.find(({ severity }) => severity === "error")).toMatchObject({
    rule: "checkpoint-not-finite",
    path: "output_layer.weight",
    message: "rank 1: expected finite values, found 2 NaN and 1 infinite among 4",
  });
});

test("ranks with another shape are an error, ranks without a tensor a warning", async () => {
  const first = checkpointFile(5, { a: floats(1, 2), b: floats(1) });
  const { verification } = await verifyRanks(first, checkpointFile(5, { a: floats(1) }));
  expect(verification.findings).toMatchObject([
    { severity: "error", path: "a", message: "rank 1 holds F32 [1], rank 0 holds F32 [2]" },
    { severity: "warning", path: "b", message: "held by rank 0, missing on rank 1" },
  ]);
});

const weight = "decoder.layers.0.weight";
const bias = "decoder.layers.1.mlp.router.expert_bias";
const altered = { [weight]: { ...floats(9, 2, 3, 4), shape: [2, 2] } };

test("values that differ between ranks of unknown places are a warning with their names, and no tick", async () => {
  const { verification, checkpoint } = await verifyRanks(checkpointFile(5), checkpointFile(5, altered));
  expect(verification.ok).toBe(true);
  expect(verification.facts).toMatchObject({ shared: 8, identical: 7 });
  expect(verification.findings).toMatchObject([
    { severity: "warning", rule: "checkpoint-ranks-unjudged", path: checkpoint.folder },
  ]);
  expect(verification.findings[0]?.message).toContain(
    `1 of 8 shared tensors differs between ranks: ${weight} F32 [2, 2] (ranks 0, 1). ` +
      "Replicas (data parallelism) must be equal",
  );
  expect(verification.findings[0]?.hint).toContain(`openCheckpoints("${checkpoint.folder}", { strategy: "replicas" })`);
  const text = verification[displayKey]()["text/plain"];
  expect(text).toContain("! no damage found, but the ranks differ");
  expect(text).not.toContain("✓");
});

test("of many such tensors the first five are named", async () => {
  const many = (value: number) => Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`t${i}`, floats(value)]));
  const { verification } = await verifyRanks(checkpointFile(5, many(1)), checkpointFile(5, many(2)));
  expect(verification.findings[0]?.message).toContain("7 of 15 shared tensors differ between ranks: t0 F32 [1]");
  expect(verification.findings[0]?.message).toContain("t4 F32 [1] (ranks 0, 1); and 2 more.");
});

test("a router's bias, which each rank moves by its own load, is named as expected to differ", async () => {
  const biased = (value: number) => checkpointFile(5, { [bias]: floats(value) });
  const { verification } = await verifyRanks(biased(1), biased(2));
  expect(verification.findings).toEqual([]);
  const text = verification[displayKey]()["text/plain"];
  expect(text).toContain("✓ no damage found");
  expect(text).toContain(`expected to differ, because each rank computes its own: ${bias}`);
});

/** The folder of a run with `config.yaml`, in which two ranks saved; the weight of rank 1 was altered. */
async function verifyRun(config: string) {
  const run = await temporaryFolder();
  const folder = join(run, "output", "checkpoint");
  await writeFile(join(run, "run.json"), JSON.stringify({ worldSize: 2 }));
  await writeFile(join(run, "config.yaml"), config);
  await saveRank(folder, { rank: 0, point: "1_5", bytes: checkpointFile(5, { [bias]: floats(1) }) });
  await saveRank(folder, { rank: 1, point: "1_5", bytes: checkpointFile(5, { ...altered, [bias]: floats(2) }) });
  return (await openCheckpoints(folder)).latestComplete().verify();
}

test("in the folder of a data-parallel run, ranks are judged as replicas by themselves", async () => {
  const { ok, findings } = await verifyRun("parallel: { parallel_mode: 0 }\nparallel_config: { data_parallel: 2 }\n");
  expect(ok).toBe(false);
  expect(findings).toMatchObject([{ rule: "checkpoint-replicas-differ", path: weight }]);
});

test.each([
  ["tensor parallelism", "parallel_config: { model_parallel: 2 }\n"],
  ["pipeline stages", "parallel_config: { pipeline_stage: 2 }\n"],
  ["expert parallelism", "parallel_config: { data_parallel: 2, expert_parallel: 2 }\n"],
  ["the parallel optimizer", "parallel: { enable_parallel_optimizer: True }\nparallel_config: { data_parallel: 2 }\n"],
  ["an unreadable configuration", "{ ["],
])("ranks of a run with %s are not judged as replicas", async (_, config) => {
  const { ok, findings } = await verifyRun(config);
  expect(ok).toBe(true);
  expect(findings.map(({ rule }) => rule)).toEqual(["checkpoint-ranks-unjudged"]);
});

test("a checkpoint without optimizer state or step warns that a resume would lose them", async () => {
  const { verification } = await verifyRanks(safetensorsFile({ w: floats(1) }));
  expect(verification.ok).toBe(true);
  expect(verification.findings.map(({ rule }) => rule)).toEqual([
    "checkpoint-step-missing",
    "checkpoint-optimizer-missing",
  ]);
});

test("a file that was cut short after the folder was opened is a finding, not an exception", async () => {
  const { checkpoint, paths } = await verifyRanks(checkpointFile(5), checkpointFile(5));
  await truncate(paths[1] as string, 500);
  const verification = await checkpoint.verify();
  expect(verification.findings[0]).toMatchObject({ rule: "checkpoint-unreadable", path: paths[1] });
});

test("an incomplete checkpoint is not ok, but what is there is read", async () => {
  const { verification } = await verifyRanks(checkpointFile(5), checkpointFile(5).subarray(0, 300));
  expect(verification.ok).toBe(false);
  expect(verification.facts.ranks).toBe(1);
});

test("ranks that were saved hours apart are pointed out", async () => {
  const { checkpoint, paths } = await verifyRanks(checkpointFile(5), checkpointFile(5));
  await utimes(paths[0] as string, new Date(), new Date(Date.now() - 7_200_000));
  const again = (await openCheckpoints(checkpoint.folder)).at(5);
  expect((await again.verify()).findings[0]?.message).toContain("found 2h 0m: they may come from different attempts");
});

test("thousands of damaged tensors give two hundred findings and a last one with the rest", async () => {
  const bad = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`t${i}`, floats(Number.NaN)]));
  const { verification } = await verifyRanks(checkpointFile(5, { ...bad, n: integer(1) }));
  expect(verification.findings).toHaveLength(201);
  expect(verification.findings.at(-1)?.message).toBe("800 further findings, 800 of them errors");
});

test("an aborted signal ends verifying as cancelled", async () => {
  const { checkpoint } = await verifyRanks(checkpointFile(5));
  await expect(checkpoint.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
});

const types = ["F16", "BF16", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "U8", "I16"] as const;

test.each<ElementType>([...types])("counting in %s agrees with decoding every bit pattern", (type) => {
  const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const bytes = new Uint8Array(patterns.buffer);
  const values = Array.from(decodeElements(bytes, type) as Float64Array);
  expect(countNotFinite(bytes, type)).toMatchObject({
    nan: values.filter(Number.isNaN).length,
    infinite: values.filter((value) => Math.abs(value) === Number.POSITIVE_INFINITY).length,
  });
});

test("counting in 32 and 64 bits finds both kinds, also in bytes that are not aligned", () => {
  const values = [0, 1e-42, -Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1];
  for (const array of [
    Float32Array.from(values.map((v) => (Math.abs(v) > 1e308 && Number.isFinite(v) ? 3e38 : v))),
    Float64Array.from(values),
  ]) {
    const shifted = new Uint8Array(array.byteLength + 1);
    shifted.set(new Uint8Array(array.buffer), 1);
    const type = array instanceof Float32Array ? "F32" : "F64";
    expect(countNotFinite(shifted.subarray(1), type)).toMatchObject({ nan: 1, infinite: 2 });
  }
});
