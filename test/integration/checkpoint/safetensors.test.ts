import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { FileBytes } from "../../../src/core/bytes.js";
import { readSafetensorsHeader } from "../../../src/formats/safetensors/header.js";
import { readTensorValues } from "../../../src/formats/tensor-entry.js";
import { runVenv } from "../../support/jupyter.js";
import { sharedFile } from "../../support/project-python.js";
import { floats, integer, safetensorsFile } from "../../support/safetensors-file.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safetensors-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function python<Answer>(action: string, argument: unknown): Answer {
  const script = join(import.meta.dirname, "reference.py");
  const { status, stdout, stderr } = runVenv("python", [script, action, JSON.stringify(argument)]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Answer;
}

interface Description {
  readonly tensors: Record<string, [dtype: string, shape: number[]]>;
  readonly metadata: Record<string, string>;
}

/** Python's way of writing a value: floats with a point, booleans with a capital. */
function pythonNumber(text: string): number | bigint {
  if (text === "True" || text === "False") return text === "True" ? 1 : 0;
  if (text === "nan") return Number.NaN;
  if (text.endsWith("inf")) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
}

test("a file with every type that the Python package writes is read alike", async () => {
  const expected = python<Description & { path: string; written: string[]; values: Record<string, string[]> }>(
    "every",
    folder,
  );
  expect(expected.written.length).toBeGreaterThanOrEqual(18);
  const source = await FileBytes.open(expected.path);
  const header = await readSafetensorsHeader(source);
  expect(header.metadata).toEqual(expected.metadata);
  expect(Object.fromEntries(header.tensors.map(({ name, dtype, shape }) => [name, [dtype, shape]]))).toEqual(
    expected.tensors,
  );
  for (const [name, texts] of Object.entries(expected.values)) {
    const entry = header.tensors.find((tensor) => tensor.name === name);
    if (!entry) throw new Error(`tensor ${name} expected`);
    const values = Array.from((await readTensorValues(source, entry)) as Iterable<number | bigint>);
    const wanted = texts.map(pythonNumber).map((value) => (typeof values[0] === "bigint" ? value : Number(value)));
    expect(values, name).toEqual(wanted);
  }
  await source.close();
});

test("files that the Python package refuses are refused here too, and those that it takes are taken", async () => {
  const good = safetensorsFile({ a: floats(1, 2), b: floats(3), n: integer(4) }, { metadata: { format: "pt" } });
  const files: Uint8Array[] = [good, good.subarray(0, -1), Buffer.concat([good, Buffer.from([0])]), new Uint8Array(0)];
  for (let at = 0; at < good.byteLength; at += 3) {
    for (const value of [0, 0x30, 0x7d, 0xff]) {
      const bytes = Uint8Array.from(good);
      bytes[at] = value;
      files.push(bytes);
    }
  }
  const paths = files.map((_, i) => join(folder, `mutation-${i}.safetensors`));
  await Promise.all(files.map((bytes, i) => writeFile(paths[i] as string, bytes)));
  const here = await Promise.all(
    paths.map(async (path) => {
      const source = await FileBytes.open(path);
      const refused = await readSafetensorsHeader(source).then(
        () => false,
        () => true,
      );
      await source.close();
      return refused;
    }),
  );
  expect(here).toEqual(python<boolean[]>("refused", paths));
});

test("a checkpoint that MindSpore writes shows the tensors and values that it saved, and the step inside the file", async () => {
  const rank = join(folder, "run", "output", "checkpoint", "rank_0");
  await mkdir(rank, { recursive: true });
  const path = join(rank, "deepseekv3_rank_0-1_46.safetensors");
  const expected = python<Description & { sums: Record<string, number> }>("mindspore", path);
  const checkpoint = (await openCheckpoints(join(folder, "run"))).latestComplete();
  expect(checkpoint.hyperParameters).toEqual({ step: 146, epoch: 1, lossScale: 2, globalBatchSize: 4 });
  const table = await checkpoint.tensors();
  expect(Object.fromEntries([...table].map(({ name, dtype, shape }) => [name, [dtype, shape]]))).toEqual(
    expected.tensors,
  );
  for (const { name } of table) {
    const values = Array.from((await checkpoint.values(name)) as Iterable<number | bigint>, Number);
    const sum = values.reduce((a, b) => a + b, 0);
    expect(sum, name).toBeCloseTo(expected.sums[name] as number, 6);
  }
  // MindSpore alone writes no meta.json; MindFormers does.
  const { ok, findings } = await checkpoint.verify();
  expect([ok, findings.map(({ rule }) => rule)]).toEqual([true, ["checkpoint-meta-missing"]]);
});

test("a checkpoint that MindFormers 1.9.0 wrote on a CPU shows what Python reads, and is sound", async () => {
  const sample = sharedFile("engine/samples/deepseekv3_rank_0-1_100.safetensors");
  const rank = join(folder, "sample", "rank_0");
  await mkdir(rank, { recursive: true });
  await symlink(sample, join(rank, "deepseekv3_rank_0-1_100.safetensors"));
  await symlink(sharedFile("engine/samples/meta.json"), join(rank, "meta.json"));
  const checkpoint = (await openCheckpoints(join(folder, "sample"))).latestComplete();
  expect(checkpoint.hyperParameters).toEqual({ step: 100, epoch: 1, lossScale: 1, globalBatchSize: 2 });
  const table = await checkpoint.tensors();
  const expected = python<Description>("describe", sample).tensors;
  expect(Object.fromEntries([...table].map(({ name, dtype, shape }) => [name, [dtype, shape]]))).toEqual(expected);
  expect([table.total("weight").tensors, table.total("optimizer").tensors, table.total("state").tensors]).toEqual([
    29, 56, 7,
  ]);
  expect((await checkpoint.tensors({ match: "decoder.layers.0.*" })).length).toBe(11);
  // The sample's own meta.json is of the end of that training, whose file is not among the samples.
  const { ok, findings } = await checkpoint.verify();
  const message = "expected the file deepseekv3_rank_0-1_200.safetensors, which last_ckpt_file names, found nothing";
  expect([ok, findings.map((found) => found.message)]).toEqual([true, [message]]);
});
