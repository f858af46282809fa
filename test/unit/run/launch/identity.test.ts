import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";

it("a run records its data, and the same launch with other bytes is refused with the difference", async () => {
  const folder = runsFolder();
  const prefix = join(folder, "data", "tokens");
  mkdirSync(join(folder, "data"));
  for (const kind of ["bin", "idx"]) writeFileSync(`${prefix}.${kind}`, "tokens of the first day");
  const plan = fakePlan();
  const get = (path: string) => (path.endsWith("config.data_path") ? ["1", prefix] : undefined);
  const planned = { ...plan, config: { ...plan.config, get } };
  const run = await launchRun(planned, { name: "wiki", folder: join(folder, "runs") });
  await run.wait({ timeout: "55s" });
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
