import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { systemClock } from "../../../../src/core/clock.js";
import { runPaths } from "../../../../src/run/record/layout.js";
import { Lease } from "../../../../src/run/record/lease.js";
import { RecordReader } from "../../../../src/run/record/record-reader.js";
import { encodeStep } from "../../../../src/run/record/step-table.js";
import { Recorder } from "../../../../src/run/supervise/recorder.js";
import { runsFolder } from "../../../support/fake-plan.js";

const step = (number: number, loss = 7) => ({
  record: { time: number, attempt: 1, step: number, totalSteps: 9, epoch: 1, loss, stepTimeMs: 60 },
  logOffset: 0,
});

async function begin(folder: string, after?: number) {
  const lease = await Lease.take(() => runPaths(folder).lease, after);
  if (!lease) throw new Error("expected a lease");
  return { lease, recorder: await Recorder.open(folder, lease, { attempt: 1, clock: systemClock }) };
}

it("of several processes that take a lease exactly one gets it", async () => {
  const folder = join(runsFolder(), "wiki");
  mkdirSync(folder);
  const found = await Promise.all([1, 2, 3, 4].map(() => Lease.take(() => runPaths(folder).lease, undefined)));
  expect(found.filter((lease) => lease !== undefined)).toHaveLength(1);
  for (const lease of found) await lease?.close();
});

it("a supervisor that has lost its lease records nothing, and what it wrote late counts for no reader", async () => {
  const folder = join(runsFolder(), "wiki");
  mkdirSync(folder, { recursive: true });
  const old = await begin(folder);
  await old.recorder.record([], { steps: [step(1), step(2)] });
  await old.recorder.enter("training");
  const reader = new RecordReader(() => folder, 2);
  const next = await begin(folder, old.lease.number);
  await expect(old.recorder.enter("failed", { message: "late" })).rejects.toMatchObject({ code: "RUN_LEASE_LOST" });
  await expect(old.recorder.record([], { steps: [step(3, 99)] })).rejects.toMatchObject({ code: "RUN_LEASE_LOST" });
  // A process that thawed between its look at the lease and the write.
  const [events, steps] = [join(folder, "events", "supervisor-1.jsonl"), join(folder, "metrics", "steps-1.bin")];
  const late = JSON.stringify({ kind: "state", time: 1, attempt: 1, state: "failed" });
  writeFileSync(events, `${readFileSync(events, "utf8")}${late}\n`);
  writeFileSync(steps, Buffer.concat([readFileSync(steps), encodeStep(step(3, 99).record, 0)]));
  await next.recorder.record([], { steps: [step(3)] });
  await reader.read();
  expect(reader.history.state?.state).toBe("training");
  expect((await reader.steps()).slice().map(({ step: number, loss }) => [number, loss])).toEqual([
    [1, 7],
    [2, 7],
    [3, 7],
  ]);
  expect(reader.history.takeovers).toBe(1);
  for (const { recorder, lease } of [old, next]) {
    await recorder.abandon();
    await lease.close();
  }
});
