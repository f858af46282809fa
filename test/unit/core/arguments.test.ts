import { expect, it } from "vitest";
import * as lab from "../../../src/index.js";

const missing = undefined as never;

const calls: Readonly<Record<string, () => unknown>> = {
  checkCluster: () => lab.checkCluster(missing),
  checkDataset: () => lab.checkDataset(missing, missing),
  compareRuns: () => lab.compareRuns(missing),
  deleteRuns: () => lab.deleteRuns({ names: "test-*" as never }),
  describeKey: () => lab.describeKey(missing),
  explainError: () => lab.explainError(missing),
  launchRun: () => lab.launchRun(missing, { name: "first" }),
  openCheckpoint: () => lab.openCheckpoint(missing),
  openConfig: () => lab.openConfig(missing),
  openDataOrder: () => lab.openDataOrder(missing),
  openDataset: () => lab.openDataset(missing),
  openStrategy: () => lab.openStrategy(missing),
  parseLauncherCall: () => lab.parseLauncherCall(missing),
  planRun: () => lab.planRun(missing),
  repairDataset: () => lab.repairDataset(missing),
  resumeRun: () => lab.resumeRun(missing),
  splitDataset: () => lab.splitDataset("dataset/wiki", missing),
  writeMindRecord: () => lab.writeMindRecord(missing),
};

it.each(Object.keys(calls))("%s without its argument ended in a TypeError of JavaScript", async (name) => {
  const error = await Promise.resolve()
    .then(calls[name])
    .then(
      () => undefined,
      (cause: unknown) => cause as lab.LabError,
    );
  expect(error).toMatchObject({ code: "ARGUMENT_INVALID", message: expect.stringMatching(/expected .*, found /) });
  expect(error?.hint).toContain(name);
});

it("an argument of another kind is named by its kind, and a text by its beginning", async () => {
  const error = await lab.planRun("pretrain_deepseek3_1b" as never).catch((cause: unknown) => cause as lab.LabError);
  expect(error).toMatchObject({ message: 'planRun: expected a configuration, found "pretrain_deepseek3_1b"' });
  expect(() => lab.compareRuns({} as never)).toThrow("compareRuns: expected a list of runs, found an object");
});
