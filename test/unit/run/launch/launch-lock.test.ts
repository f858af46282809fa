import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { thisProcess } from "../../../../src/core/liveness/process-identity.js";
import { withLaunchLock } from "../../../../src/run/launch/launch-lock.js";
import { runsFolder } from "../../../support/fake-plan.js";

/** A run folder in which another process seems to be launching; its last sign of life is `ago` milliseconds old. */
function lockedBy(by: object, ago: number): string {
  const folder = join(runsFolder(), "wiki");
  const lock = join(folder, "control", "launch.lock");
  mkdirSync(join(folder, "control"), { recursive: true });
  const about = { pid: 4242, startTicks: 1, place: "0".repeat(12), since: "2026-11-28T10:00:00.000Z", hold: "x" };
  writeFileSync(lock, JSON.stringify({ ...about, ...by }));
  const then = new Date(Date.now() - ago);
  utimesSync(lock, then, then);
  return folder;
}

const launch = (folder: string) => withLaunchLock(folder, "wiki", async () => "launched");

it("the lock of a process on another machine is respected, and the message names its host", async () => {
  const folder = lockedBy({ host: "node-7" }, 20_000);
  await expect(launch(folder)).rejects.toMatchObject({
    code: "RUN_NAME_TAKEN",
    message: expect.stringMatching(/process 4242 on node-7 is launching it, last sign of life 2\d\.\d s ago/),
    details: { host: "node-7", pid: 4242 },
  });
  expect(readdirSync(join(folder, "control"))).toEqual(["launch.lock"]);
});

it("the lock of a process on another machine is removed when its sign of life is older than a minute", async () => {
  const folder = lockedBy({ host: "node-7" }, 90_000);
  expect(await launch(folder)).toBe("launched");
  expect(readdirSync(join(folder, "control"))).toEqual([]);
});

it.each([
  ["has ended", { host: hostname(), place: thisProcess().place }],
  ["ran before the machine's last start", { host: hostname() }],
])("the lock of a process of this machine that %s is removed", async (title, by) => {
  expect(await launch(lockedBy(by, title === "has ended" ? 0 : 10 ** 11))).toBe("launched");
});

it("two launches in one process do not share the lock", async () => {
  const folder = join(runsFolder(), "wiki");
  const first = withLaunchLock(folder, "wiki", () => new Promise((done) => setTimeout(done, 100)));
  await expect(launch(folder)).rejects.toMatchObject({ code: "RUN_NAME_TAKEN" });
  await first;
  expect(await launch(folder)).toBe("launched");
});
