import { expect, it } from "vitest";
import { launchRun } from "../../../src/run/launch/launch.js";
import type { LaunchablePlan } from "../../../src/run/launch/launchable.js";
import { saveNowOptions } from "../../../src/run/save-now.js";
import { stopOptions } from "../../../src/run/stop.js";
import { waitOptions } from "../../../src/run/wait.js";
import { watchOptions } from "../../../src/run/watch/watch.js";

it("waiting for step NaN, or for an option with a typing mistake, would wait to the end of the run", () => {
  expect(() => waitOptions({ untilStep: Number.NaN })).toThrow(
    "run.wait.untilStep: expected a whole number from 0 on, found NaN",
  );
  expect(() => waitOptions({ untilstep: 5 })).toThrow(
    expect.objectContaining({ code: "ARGUMENT_INVALID", hint: "did you mean untilStep?" }),
  );
  expect(waitOptions(undefined)).toEqual({});
});

it("a misspelled option of a run's calls is named, not ignored", async () => {
  expect(() => stopOptions({ gracefull: true })).toThrow("unknown option gracefull");
  expect(() => stopOptions({ graceful: "yes" })).toThrow("run.stop.graceful: expected true or false");
  expect(() => saveNowOptions({ x: 1 })).toThrow("unknown option x");
  expect(() => watchOptions({ every: -1 })).toThrow("unknown option every");
  const options = { name: "first", recover: {} };
  await expect(launchRun({ commands: () => [] } as unknown as LaunchablePlan, options)).rejects.toMatchObject({
    message: expect.stringContaining("launchRun: unknown option recover"),
    hint: "did you mean recovery?",
  });
});
