import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { saveRank, temporaryFolder } from "../../support/checkpoint-folder.js";
import { floats, safetensorsFile } from "../../support/safetensors-file.js";

let folder: string;
const at = (name: string) => join(folder, name);
const textOf = (shown: { [displayKey](): Readonly<Record<string, unknown>> }) =>
  String(shown[displayKey]()["text/plain"]);

beforeEach(async () => {
  folder = await temporaryFolder();
  await writeFile(at("one.safetensors"), safetensorsFile({ "layers.0.w": floats(1, 2), "layers.0.b": floats(3, 4) }));
});

test("a file without a step shows its own name, not only its folder, and no epoch 0 or step -1", async () => {
  const text = textOf(await openCheckpoint(at("one.safetensors")));
  expect(text).toContain("Checkpoint one.safetensors");
  expect(text).toContain(at("one.safetensors"));
  expect(text).not.toContain("epoch");
  expect(textOf(await openCheckpoints(folder))).toMatch(/\n *– +– +1 /);
  expect(textOf(await openCheckpoint(folder))).toContain("Checkpoint one.safetensors");
});

test("a misspelled tensor is answered with the name that was meant", async () => {
  const checkpoint = await openCheckpoint(at("one.safetensors"));
  await expect(checkpoint.tensor("layer.0.W")).rejects.toMatchObject({
    code: "CHECKPOINT_MISSING",
    message: 'checkpoint one.safetensors: expected a tensor "layer.0.W" on rank 0, found none',
    hint: 'await checkpoint.tensor("layers.0.w"); await checkpoint.tensors() lists all names',
  });
  await expect(checkpoint.tensor("quite.another")).rejects.toMatchObject({
    hint: "await checkpoint.tensors() lists the names",
  });
});

test("openCheckpoints of a file says that it is a file, not that there is no such folder", async () => {
  await expect(openCheckpoints(at("one.safetensors"))).rejects.toMatchObject({
    code: "CHECKPOINT_NONE",
    message: expect.stringContaining("found a file"),
    hint: `await openCheckpoint(${JSON.stringify(at("one.safetensors"))}) opens one file`,
  });
});

test("a misspelled file is no folder that is missing, and the near name is asked for", async () => {
  await expect(openCheckpoint(at("oen.safetensors"))).rejects.toMatchObject({
    message: expect.stringContaining("found no such file"),
    hint: `is it ${JSON.stringify(at("one.safetensors"))}?`,
  });
  const parent = basename(folder);
  await expect(openCheckpoint(join(folder, "..", `${parent}x`, "deep", "er"))).rejects.toMatchObject({
    message: expect.stringContaining("found no such folder"),
    hint: expect.stringContaining("check the path"),
  });
});

test('a misspelled strategy "replicas" is not only a file that is missing', async () => {
  await saveRank(at("run"), { rank: 0, point: "1_5", bytes: safetensorsFile({ w: floats(1) }) });
  await expect(openCheckpoint(at("run"), { strategy: "replica" })).rejects.toMatchObject({
    message: expect.stringContaining('expected "replicas", or a strategy file or folder, found nothing at replica'),
    hint: '{ strategy: "replicas" }',
  });
  await expect(openCheckpoint(at("run"), { strategy: "output/strategy" })).rejects.toMatchObject({
    hint: expect.stringContaining("check the path"),
  });
});

test("the seal of one model does not replace the seal of the model beside it", async () => {
  await writeFile(at("two.safetensors"), safetensorsFile({ w: floats(5) }));
  const [one, two] = [await openCheckpoint(at("one.safetensors")), await openCheckpoint(at("two.safetensors"))];
  await one.seal();
  await two.seal();
  expect([(await one.scrub()).ok, (await two.scrub()).ok]).toEqual([true, true]);
});

test("sealing again after a change is refused with the file that changed, instead of hiding the damage", async () => {
  const path = at("one.safetensors");
  const first = await (await openCheckpoint(path)).seal();
  expect(textOf(first)).toContain("await checkpoint.scrub()");
  expect(textOf(first)).not.toContain("replaces");
  await writeFile(path, safetensorsFile({ "layers.0.w": floats(1, 2), "layers.0.b": floats(3, 5) }));
  await expect((await openCheckpoint(path)).seal()).rejects.toMatchObject({
    code: "SEAL_BROKEN",
    message: expect.stringMatching(/expected the files of the seal of .* UTC, found one\.safetensors changed since/),
    hint: expect.stringContaining('await checkpoint.seal({ changes: "accept" })'),
  });
  expect((await (await openCheckpoint(path)).scrub()).ok).toBe(false);
  const second = await (await openCheckpoint(path)).seal({ changes: "accept" });
  expect(second.changed).toEqual(["one.safetensors"]);
  expect(textOf(second)).toMatch(/replaces +the seal of .* UTC; changed since: one\.safetensors/);
  expect(textOf(await (await openCheckpoint(path)).seal())).toContain("no file changed since");
});

test("damage of a single file is answered by another copy of it, not by other checkpoints of a training", async () => {
  const path = at("one.safetensors");
  await writeFile(path, safetensorsFile({ w: floats(Number.NaN) }));
  const hints = (await (await openCheckpoint(path)).verify()).findings.map(({ hint }) => hint);
  expect(hints).toEqual(["copy the file again from its source"]);
});

test("a comparison names both files, and says so where no tensor has the same name", async () => {
  await writeFile(at("two.safetensors"), safetensorsFile({ w: floats(5) }));
  const two = await openCheckpoint(at("two.safetensors"));
  const text = textOf(await two.compareTo(await openCheckpoint(at("one.safetensors"))));
  expect(text).toContain("checkpoint two.safetensors with checkpoint one.safetensors before it");
  expect(text).toContain("no name is on both sides");
});

test("one NaN among thousands is counted in the comparison, not shown as 100 % unchanged", async () => {
  const values = Array.from({ length: 4096 }, (_, index) => index);
  await writeFile(at("before.safetensors"), safetensorsFile({ w: floats(...values) }));
  values[7] = Number.NaN;
  await writeFile(at("after.safetensors"), safetensorsFile({ w: floats(...values) }));
  const before = await openCheckpoint(at("before.safetensors"));
  const text = textOf(await (await openCheckpoint(at("after.safetensors"))).compareTo(before));
  expect(text).toMatch(/NaN or ∞/);
  expect(text).toMatch(/> 99\.9 % +0 +1 +F32/);
  expect(text).toContain("1 in values, 0 in type");
});

test("a conversion in the wrong direction names the other one", async () => {
  const config = {
    model_type: "qwen3",
    hidden_size: 4,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 2,
    intermediate_size: 4,
    vocab_size: 4,
  };
  await writeFile(at("hf.safetensors"), safetensorsFile({ "model.norm.weight": floats(1, 1, 1, 1) }));
  const huggingFace = await openCheckpoint(at("hf.safetensors"));
  await expect(huggingFace.toHuggingFace({ output: at("x"), config })).rejects.toMatchObject({
    code: "CHECKPOINT_NONE",
    message: expect.stringContaining(`expected tensors with MindFormers' names, found 1 tensor with other names`),
    hint: "await checkpoint.fromHuggingFace({ output })",
  });
  await writeFile(at("mf.safetensors"), safetensorsFile({ "decoder.final_layernorm.weight": floats(1, 1, 1, 1) }));
  const own = await openCheckpoint(at("mf.safetensors"));
  await expect(own.fromHuggingFace({ output: at("x"), config })).rejects.toMatchObject({
    hint: "await checkpoint.toHuggingFace({ output })",
  });
});
