import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Issue } from "../../../../src/core/error.js";
import { PlanError } from "../../../../src/core/error.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { requireSoundPlan } from "../../../../src/run/launch/plan-errors.js";
import { openRun } from "../../../../src/run/open.js";
import type { Run } from "../../../../src/run/run.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";

const error: Issue = {
  severity: "error",
  rule: "mesh-product",
  path: "parallel_config.model_parallel",
  message: "the mesh must use every device once: 3 · 8 · 4 = 96, but the cluster has 256",
  hint: 'config.set("parallel_config.model_parallel", 8)',
};
const reason = "the file system is mounted when the first step begins";

const launched: Run[] = [];
afterEach(async () => {
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

describe("a plan with errors", () => {
  it("is refused with every error and its cure, and nothing is written", async () => {
    const folder = runsFolder();
    const refusal = await launchRun({ ...fakePlan(), errors: [error] }, { name: "red", folder }).catch(
      (thrown) => thrown,
    );
    expect(refusal).toBeInstanceOf(PlanError);
    expect(refusal).toMatchObject({ code: "PLAN_INVALID", issues: [error] });
    expect(refusal.message).toContain(error.message);
    expect(refusal.message).toContain(`→ ${error.hint}`);
    expect(refusal.hint).toContain("override:");
    expect(existsSync(join(folder, "red"))).toBe(false);
  });

  it("starts with a reason, which run.json, the events and the run's card keep", async () => {
    const folder = runsFolder();
    const run = await launchRun({ ...fakePlan(), errors: [error] }, { name: "red", folder, override: ` ${reason} ` });
    launched.push(run);
    const { rule, path, message } = error;
    expect(run.description.override).toEqual({ reason, errors: [{ rule, path, message }] });
    const events = readFileSync(join(run.folder, "events", "launch.jsonl"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({
      kind: "decision",
      attempt: 1,
      decision: "override",
      reason,
      about: [`${rule}: ${path}: ${message}`],
    });
    await run.wait({ timeout: "4m" });
    const card = String((await (await openRun("red", { folder }))[displayKey]())["text/plain"]);
    expect(card).toContain("started in spite of");
    expect(card).toContain(reason);
  });
});

describe("a plan with errors", () => {
  it("lets a plan without errors pass and records nothing, whether or not a reason is given", () => {
    expect(requireSoundPlan([], undefined)).toBeUndefined();
    expect(requireSoundPlan([], reason)).toBeUndefined();
  });

  it.each(["", "  ", "!", "1"])("takes %j for no reason", (override) => {
    expect(() => requireSoundPlan([error], override)).toThrow(/expected a reason in words/);
  });
});
