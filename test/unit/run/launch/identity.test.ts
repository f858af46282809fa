import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openConfig } from "../../../../src/config/open.js";
import { packageRoot } from "../../../../src/core/package-root.js";
import { planRun } from "../../../../src/plan/plan-run.js";
import { identify } from "../../../../src/run/launch/identify.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { resumeRun } from "../../../../src/run/launch/resume.js";
import { requireUnchanged } from "../../../../src/run/launch/unchanged.js";
import { identityChanges, type RunIdentity, restoringLine } from "../../../../src/run/record/identity.js";
import type { Run } from "../../../../src/run/run.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";
import { writeTokenFiles } from "../../../support/token-files.js";

it("a run records its data, and the same launch with other bytes is refused with the difference", async () => {
  const folder = runsFolder();
  const prefix = join(folder, "data", "tokens");
  mkdirSync(join(folder, "data"));
  for (const kind of ["bin", "idx"]) writeFileSync(`${prefix}.${kind}`, "tokens of the first day");
  const plan = fakePlan();
  const get = (path: string) => (path.endsWith("config.data_path") ? ["1", prefix] : undefined);
  const planned = { ...plan, config: { ...plan.config, get } };
  const run = await launchRun(planned, { name: "wiki", folder: join(folder, "runs") });
  await run.wait({ timeout: "4m" });
  expect(run.description.identity?.data).toMatchObject([
    { path: `${prefix}.bin`, bytes: 23, by: "bytes", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { path: `${prefix}.idx`, bytes: 23, by: "bytes" },
  ]);
  utimesSync(`${prefix}.bin`, new Date(), new Date(1));
  const again = await launchRun(planned, { name: "wiki", folder: join(folder, "runs") });
  expect(again.note).toContain("nothing was started");
  writeFileSync(`${prefix}.bin`, "tokens of another day!!");
  await expect(launchRun(planned, { name: "wiki", folder: join(folder, "runs") })).rejects.toMatchObject({
    code: "RUN_CHANGED",
    message: expect.stringMatching(/tokens\.bin: other bytes \(SHA-256 [0-9a-f]{12} became [0-9a-f]{12}, by bytes\)/),
    hint: expect.stringContaining("override"),
  });
});

it("a dataset that was made again since the launch is restored by the call that the run records", () => {
  const file = (sha256: string) =>
    ({ path: "/d/wiki_text_document.bin", bytes: 9, modified: 1, sha256, by: "bytes" }) as const;
  const call = (length: number) => `prepareData({ output: "/d/wiki", seqLength: ${length} })`;
  const was = (sha256: string, length?: number): RunIdentity => ({
    ...{ config: "", data: [file(sha256)], tokenizer: {}, code: {} },
    ...(length !== undefined && { prepared: { "/d/wiki_text_document": call(length) } }),
  });
  expect(restoringLine(was("a", 128), was("b", 64))).toBe(`await ${call(128)}`);
  expect(restoringLine(was("a"), was("b", 64))).toBe("make the data again with the options that the run had");
  expect(restoringLine(was("a", 128), was("a", 128))).toBeUndefined();
  const refuse = () =>
    requireUnchanged("r", ["x"], { override: undefined, call: "resumeRun(run, { … })", restore: "y" });
  expect(refuse).toThrow(expect.objectContaining({ hint: expect.stringMatching(/^y, or: resumeRun/) }));
});

it("MindRecord files were no part of what a run records, so that other data went unnoticed", async () => {
  const file = join(runsFolder(), "wiki.mindrecord0");
  writeFileSync(file, "rows");
  const get = (path: string) => (path.endsWith("dataset_files") ? [file] : undefined);
  const before = await identify({ text: "", get });
  expect(before.data).toMatchObject([{ path: file, bytes: 4, by: "bytes" }]);
  writeFileSync(file, "other rows");
  expect(identityChanges(before, await identify({ text: "", get }, before))).toHaveLength(1);
});

describe("a resume", () => {
  const runs: Run[] = [];
  beforeEach(() => {
    vi.stubEnv("FAKE_STEPS", "120");
    vi.stubEnv("FAKE_STEP_MS", "10");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const run of runs.splice(0)) await run.stop({ graceful: false });
  });

  async function stoppedRun(folder: string): Promise<{ readonly run: Run; readonly data: string }> {
    const data = join(folder, "data", "tokens");
    mkdirSync(join(folder, "data"));
    writeTokenFiles(data, { count: 30, length: 129, vocabulary: 1000 });
    const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
      .set("train_dataset.data_loader.config.data_path.1", data)
      .set("train_dataset.data_loader.sizes.0", 240);
    const python = join(packageRoot(), "test/fixtures/bin/python");
    const plan = await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2, python } });
    const run = await launchRun(plan, { name: "wiki", folder });
    runs.push(run);
    await run.wait({ untilStep: 5, timeout: "4m" });
    await run.stop();
    return { run, data };
  }

  it("refuses data that have changed since the launch; with a reason it continues, and the reason is recorded", async () => {
    const { run, data } = await stoppedRun(runsFolder());
    const bytes = readFileSync(`${data}.bin`);
    bytes[40] = (bytes[40] as number) ^ 1;
    writeFileSync(`${data}.bin`, bytes);
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "RUN_CHANGED",
      message: expect.stringContaining(`${data}.bin: other bytes`),
    });
    const next = await resumeRun(run, { override: "one token was wrong" });
    runs.push(next);
    expect(next.description.override).toMatchObject({ reason: "one token was wrong" });
    const [decision] = readFileSync(join(next.folder, "events/launch.jsonl"), "utf8").split("\n");
    expect(JSON.parse(decision ?? "")).toMatchObject({ kind: "decision", decision: "override" });
  });

  it("checks the seal of the checkpoint, and refuses one in which a single bit has changed", async () => {
    const { run } = await stoppedRun(runsFolder());
    const [seal = ""] = readdirSync(join(run.folder, "seals"));
    expect(seal).not.toBe("");
    const place = join(run.checkpointDir, "rank_1");
    const path = join(place, readdirSync(place).find((name) => name.endsWith(".safetensors")) ?? "");
    const { atime, mtime } = statSync(path);
    const bytes = readFileSync(path);
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 8;
    writeFileSync(path, bytes);
    utimesSync(path, atime, mtime);
    await expect(resumeRun(run)).rejects.toMatchObject({
      code: "RESUME_IMPOSSIBLE",
      message: expect.stringContaining("differs from its seal"),
    });
    rmSync(join(run.folder, "seals"), { recursive: true });
    const next = await resumeRun(run);
    runs.push(next);
    expect(next.description.parent?.name).toBe("wiki");
  });
});
