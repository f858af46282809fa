import { expect, it } from "vitest";
import { decide } from "../../../../src/recover/decide/decide.js";
import { recoveryPolicy } from "../../../../src/recover/decide/policy.js";
import { type EndedAttempt, findingOfEnd } from "../../../../src/run/heal/end-finding.js";

const silence = {
  rank: 1,
  silentMs: 20_000,
  message: "rank 1 hangs after step 30 of 80: its node n1 can't be reached",
};

function ended(more: Partial<EndedAttempt>): EndedAttempt {
  const verdict = { state: "failed", message: more.lost ? "node n1 gave no sign of life for 18.5 s" : silence.message };
  const rest = { silence: undefined, gone: undefined, nodeOf: () => "n1", logTail: async () => [] };
  return { verdict, lastStep: 30, ...rest, ...more };
}

it("a spare never took the place of a node that was gone: it was a hang of the rank there", async () => {
  const found = await findingOfEnd(ended({ silence, lost: { node: "n1", silentMs: 18_500 } }), 100_000);
  expect(found).toMatchObject({ kind: "node-silent", node: "n1", since: 81_500, step: 30 });
  const history = {
    ...{ past: [], restarts: 0, restartsWithoutProgress: 0, firstStep: 1 },
    ...{ spares: ["n3"], resumedFrom: undefined },
  };
  const decision = decide(found, history, recoveryPolicy({}));
  expect(decision).toMatchObject({ action: "replace-node", dropNode: "n1", spare: "n3" });
});

it("a rank that hangs on a node that answers is a hang", async () => {
  expect(await findingOfEnd(ended({ silence }), 100_000)).toMatchObject({ kind: "hang", rank: 1, node: "n1" });
});

it("a process that the kernel ended for want of memory is no kill from outside", async () => {
  const verdict = { state: "failed", message: "rank 1 was killed", fault: { rank: 1, signal: "SIGKILL", message: "" } };
  expect(await findingOfEnd(ended({ verdict, outOfMemory: true }), 100_000)).toMatchObject({ cause: "host-memory" });
  expect(await findingOfEnd(ended({ verdict }), 100_000)).toMatchObject({ cause: "killed" });
});
