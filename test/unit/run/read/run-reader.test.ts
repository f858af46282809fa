import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { EventLogReader } from "../../../../src/core/event-log.js";
import { type ProcessIdentity, processIdentity } from "../../../../src/core/liveness/process-identity.js";
import { RunReader } from "../../../../src/run/read/run-reader.js";
import type { RunFile } from "../../../../src/run/record/run-file.js";
import { runsFolder } from "../../../support/fake-plan.js";

const file: RunFile = {
  layout: 1,
  name: "wiki",
  createdAt: 1000,
  host: hostname(),
  attempt: 1,
  fingerprint: "f",
  totalSteps: 100,
  lossRank: 0,
  localNode: 0,
  commands: [{ node: "127.0.0.1", nodeRank: 0, argv: ["msrun", "--worker_num=1"], environment: {} }],
  cluster: {},
  versions: {},
};

afterEach(() => vi.restoreAllMocks());

/**
 * Status of a run whose supervisor writes its name after the events were read for the first time, before its process is
 * looked at.
 */
async function statusWhileItBegins(supervisor: ProcessIdentity): Promise<string> {
  const folder = join(runsFolder(), "wiki");
  mkdirSync(folder, { recursive: true });
  const event = { kind: "state", time: 1000, attempt: 1, state: "starting", supervisor };
  writeFileSync(join(folder, "events.jsonl"), `${JSON.stringify(event)}\n`);
  vi.spyOn(EventLogReader.prototype, "read").mockResolvedValueOnce([]);
  return (await new RunReader(folder, file).status()).state;
}

it("a supervisor that writes its name between the look at the events and the look at its process is not taken for a lost one", async () => {
  expect(await statusWhileItBegins(processIdentity(process.pid) as ProcessIdentity)).toBe("starting");
});

it("a supervisor that wrote its name then and is dead is lost", async () => {
  const self = processIdentity(process.pid) as ProcessIdentity & { startTicks: number };
  expect(await statusWhileItBegins({ ...self, startTicks: self.startTicks + 1 })).toBe("lost");
});
