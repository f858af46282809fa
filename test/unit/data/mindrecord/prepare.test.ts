import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openConfig } from "../../../../src/config/open.js";
import { memoryBytes } from "../../../../src/core/bytes.js";
import { feedSink } from "../../../../src/data/mindrecord/token-sink.js";
import { MindRecordTokens } from "../../../../src/data/mindrecord/tokens.js";
import { openMindRecord, writeMindRecord } from "../../../../src/data/mindrecord.js";
import type { PrepareMindRecordOptions } from "../../../../src/data/prepare/options.js";
import { prepareData } from "../../../../src/data/prepare.js";
import { repairDataset } from "../../../../src/data/repair.js";
import { planRun } from "../../../../src/plan/plan-run.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { scratchFolder, tinyId, tinyTokenizer } from "../../../support/tiny-tokenizer.js";

const text = Array.from({ length: 30 }, (_, i) => `Paragraph ${i} says ${"word ".repeat(i)}and ends.`).join("\n\n");

async function options(more: Partial<PrepareMindRecordOptions> = {}): Promise<PrepareMindRecordOptions> {
  const config = JSON.stringify({ bos_token: "<s>", eos_token: "</s>", pad_token: "<pad>" });
  const files = { "t.txt": text, "tokenizer.json": tinyTokenizer(), "tokenizer_config.json": config };
  const folder = await scratchFolder(files);
  const paths = {
    input: join(folder, "t.txt"),
    tokenizer: join(folder, "tokenizer.json"),
    output: join(folder, "out"),
  };
  return { ...paths, format: "mindrecord", seqLength: 16, workers: 1, ...more };
}

describe('prepareData with format "mindrecord"', () => {
  it("deals the sequences of the Megatron dataset to the shards in turns: inputs and labels overlap by all but one token", async () => {
    const asked = await options({ shards: 3 });
    const data = await prepareData(asked);
    const { shards: _, format: __, ...same } = asked;
    const megatron = await prepareData(same);
    const { items } = await megatron.sample(megatron.sequences);
    expect(data.path).toBe(`${asked.output}.mindrecord`);
    expect([data.rows, data.seqLength, data.vocabSize]).toEqual([megatron.sequences, 16, 99]);
    expect(data.columns).toEqual(["input_ids", "labels"]);
    let start = 0;
    for (const [shard, { rows }] of data.shards.entries()) {
      for (let i = 0; i < rows; i++) {
        const { ids } = items[shard + 3 * i] ?? { ids: [] };
        const row = await data.row(start + i);
        expect(row).toEqual({ input_ids: Int32Array.from(ids.slice(0, -1)), labels: Int32Array.from(ids.slice(1)) });
      }
      start += rows;
    }
  });

  it("says that the files were made again since they were opened, instead of counting rows by the old shards", async () => {
    const asked = await options({ shards: 2 });
    const data = await prepareData(asked);
    await prepareData({ ...asked, seqLength: 32 });
    for (const read of [() => data.row(0), () => data.peek(data.rows - 1), () => data.lengths()])
      await expect(read()).rejects.toMatchObject({
        code: "DATASET_CHANGED",
        hint: expect.stringContaining("openMindRecord("),
      });
  });

  it("peek shows a row with its text, or a part of it; without a column of tokens it says so", async () => {
    const data = await prepareData(await options({ shards: 2 }));
    const row = await data.peek(data.rows - 1);
    const { input_ids } = await data.row(data.rows - 1);
    expect(row).toMatchObject({
      document: data.rows - 1,
      documents: data.rows,
      tokens: 16,
      ids: [...(input_ids as Int32Array)],
    });
    expect(text).toContain(row.text?.replaceAll("<s>", ""));
    const first = (await data.row(0)).input_ids as Int32Array;
    expect(await data.peek(0, { from: 3, count: 2 })).toMatchObject({
      from: 3,
      tokens: 16,
      ids: [...first.subarray(3, 5)],
    });
    const shown = row[displayKey]()["text/plain"];
    expect(shown).toContain(`Row ${data.rows - 1} of ${data.rows}`);
    expect(shown).toContain("16 of 16 tokens");
    expect((await data.tokenCounts()).top[0]?.text).toBe(" ");
    await expect(data.peek(data.rows)).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: `mindRecord.peek, row: expected a row from 0 to ${data.rows - 1}, found ${data.rows}`,
    });
    const output = join(data.path, "..", "other.mindrecord");
    const other = await writeMindRecord({ output, schema: { name: { type: "string" } }, rows: [{ name: "x" }] });
    await expect(other.peek(0)).rejects.toThrow(/expected a column of tokens, found name/);
  });

  it("gives whole sequences for legacy models, and leaves padding tokens out of the labels of the others", async () => {
    const legacy = await prepareData(await options({ columns: ["input_ids"] }));
    expect((await legacy.row(0)).input_ids).toHaveLength(17);
    const padded = await prepareData(await options({ mode: "pad", seqLength: 40 }));
    const { input_ids, labels } = (await padded.row(0)) as Record<string, Int32Array>;
    const length = "Paragraph 0 says and ends.".length;
    expect(labels?.[length - 2]).toBe(tinyId("."));
    expect([...(labels?.subarray(length - 1) ?? [])].every((id) => id === -100)).toBe(true);
    expect(input_ids?.[length]).toBe(2);
  });

  it("does nothing a second time, and says what has changed a third time", async () => {
    const asked = await options({ shards: 2 });
    const first = await prepareData(asked);
    expect((await prepareData(asked)).notes[0]).toMatch(/^unchanged/);
    const other = await prepareData({ ...asked, shards: 4 });
    expect(other.notes[0]).toContain("shards was 2, now 4");
    await expect(openMindRecord(`${first.path}2`)).resolves.toMatchObject({ rows: first.rows });
    await writeFile(`${other.files[1]}.db`, "x");
    expect((await prepareData({ ...asked, shards: 4 })).notes[0]).toContain(
      "out.mindrecord1.db is missing or was changed",
    );
  });

  it("is the same when a finished .bin is fed to it, of 16-bit tokens too", async () => {
    const asked = await options({ shards: 2 });
    const data = await prepareData(asked);
    const { shards: _, format: __, ...same } = asked;
    const bin = new Int32Array(new Uint8Array(await readFile(`${(await prepareData(same)).prefix}.bin`)).buffer);
    const prefix = join(asked.output, "..", "fed", "out.mindrecord");
    const columns = ["input_ids", "labels"];
    for (const [dtype, ids] of [
      ["int32", bin],
      ["uint16", Uint16Array.from(bin)],
    ] as const) {
      const sink = await MindRecordTokens.create({
        prefix,
        seqLength: 16,
        shards: 2,
        columns,
        padId: undefined,
        eosId: 1,
      });
      const bytes = new Uint8Array(ids.buffer);
      await feedSink(sink, memoryBytes("bin", bytes), { bytes: bytes.byteLength, dtype, length: 17 });
      await sink.complete();
      await sink.publish();
      await sink.discard();
      for (const [i, path] of (await openMindRecord(prefix)).files.entries())
        expect((await readFile(path)).equals(await readFile(data.files[i] as string))).toBe(true);
    }
  });

  it("refuses names, shards and columns that MindSpore or MindFormers would refuse", async () => {
    const asked = await options();
    for (const more of [{ shards: 1001 }, { shards: 0 }, { output: "/tmp/a;b" }, { output: "/tmp/a`b" }] as const)
      await expect(prepareData({ ...asked, ...more })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(prepareData({ ...asked, columns: ["labels"] })).rejects.toThrow(/option columns: expected/);
    for (const [more, says] of [
      [{ mode: "documents" }, /option mode: expected "stitch" or "pad" with format "mindrecord", found "documents"/],
      [{ dtype: "uint16" }, /option dtype: expected "int32" with format "mindrecord", found "uint16"/],
    ] as const)
      await expect(prepareData({ ...asked, ...(more as object) })).rejects.toThrow(says);
  });

  it("is made of JSON lines too, one dataset per key, and repaired from them", async () => {
    const asked = await options({ shards: 2 });
    const lines = text.split("\n\n").map((part) => `${JSON.stringify({ body: part, title: "A title." })}\n`);
    const input = `${asked.input}.jsonl`;
    await writeFile(input, lines.join(""));
    const data = await prepareData({ ...asked, input, jsonKeys: ["body", "title"], appendEod: true });
    expect(data.path).toMatch(/out_body\.mindrecord$/);
    const also = /openMindRecord\("(.*)"\)/.exec(data.notes.join())?.[1] as string;
    expect((await openMindRecord(also)).tokens).toBeGreaterThan(0);
    const [first] = data.files as [string];
    const before = await readFile(first);
    await writeFile(first, "damaged");
    expect((await repairDataset(data.path)).repaired).toEqual(["file out_body.mindrecord0"]);
    expect((await readFile(first)).equals(before)).toBe(true);
  });

  it("shows itself, and the plan sets MindFormers' loader for it", async () => {
    const data = await prepareData(await options({ shards: 2 }));
    expect(data[displayKey]()["text/plain"]).toMatch(
      /MindRecord dataset[\s\S]*input_ids {2}int32 \[any\][\s\S]*out.mindrecord1/,
    );
    const config = (await openConfig("pretrain_deepseek3_tiny_cpu")).set("model.model_config.seq_length", 16);
    const cluster = { device: "CPU", devicesPerNode: 1 } as const;
    config.set("parallel_config.data_parallel", 1);
    const plan = await planRun(config, { data, cluster });
    expect(plan.config.get("train_dataset.data_loader")).toEqual({
      type: "MindDataset",
      dataset_files: data.files,
      shuffle: false,
      num_samples: Math.min(240, data.rows),
    });
    expect(plan.config.get("train_dataset.input_columns")).toEqual(["input_ids", "labels"]);
    expect(plan.totalSteps).toBe(Math.min(240, data.rows));
    const legacy = await prepareData(await options({ columns: ["input_ids"] }));
    await expect(planRun(config, { data: legacy, cluster })).rejects.toThrow(/needs the column labels/);
    config.set("model.model_config.seq_length", 32);
    await expect(planRun(config, { data, cluster })).rejects.toThrow(
      /MindRecord rows 16, model.model_config.seq_length 32/,
    );
  });
});

describe("damage to a prepared MindRecord dataset", () => {
  async function damaged(change: (bytes: Buffer) => void, ending = "") {
    const data = await prepareData(await options({ shards: 2 }));
    const file = `${data.files[1]}${ending}`;
    const bytes = await readFile(file);
    change(bytes);
    await writeFile(file, bytes);
    return { data, file };
  }
  const rowsAt = 16 * 1024 ** 2;

  it("is found by verify and put right by repair, which writes that shard only", async () => {
    const { data } = await damaged((bytes) => bytes.writeUInt8(bytes.readUInt8(rowsAt + 30) ^ 1, rowsAt + 30));
    const found = await data.verify();
    expect(found.ok).toBe(false);
    expect(found.checks.find(({ check }) => check === "checksums")).toMatchObject({ verdict: "damaged" });
    const repair = await data.repair();
    expect(repair.repaired).toEqual(["file out.mindrecord1"]);
    expect((await data.verify()).ok).toBe(true);
    expect((await data.repair()).repaired).toEqual([]);
  });

  it("of an index is found entry by entry", async () => {
    const { data } = await damaged((bytes) => bytes.writeUInt8(bytes.readUInt8(8191) ^ 1, 8191), ".db");
    const found = await data.verify();
    expect(found.checks[0]).toMatchObject({ check: "structure", verdict: "damaged" });
    expect(found[displayKey]()["text/plain"]).toMatch(/✗ 2 damaged[\s\S]*✗ +structure[\s\S]*data.repair\(\)/);
    expect((await data.repair()).repaired).toEqual(["file out.mindrecord1.db"]);
    expect((await data.verify()).ok).toBe(true);
  });

  it("is not repaired from a source that has changed", async () => {
    const { data } = await damaged((bytes) => bytes.writeUInt8(0xff, rowsAt + 30));
    await writeFile(data.manifest?.input.path ?? "", `${text} more`);
    await expect(data.repair()).rejects.toMatchObject({
      code: "REPAIR_IMPOSSIBLE",
      message: expect.stringContaining("input sha256 was"),
    });
  });
});
