import { expect, it } from "vitest";
import { openConfig } from "../../../../src/config/open.js";
import { planRun } from "../../../../src/plan/plan-run.js";
import { recoveryPolicy } from "../../../../src/recover/decide/policy.js";
import { requireSpares, sparesLeft, withSpare } from "../../../../src/run/heal/replace-node.js";
import type { RunFile } from "../../../../src/run/record/run-file.js";

async function file(): Promise<RunFile> {
  const cluster = { device: "CPU", hosts: ["10.0.0.1", "10.0.0.2"], workDir: "/srv/runs" } as const;
  const plan = await planRun(await openConfig("pretrain_deepseek3_tiny_cpu"), { cluster, onErrors: "show" });
  const commands = plan.commands({ runFolder: "runs/a", attempt: 1 });
  const recovery = recoveryPolicy({ spares: ["10.0.0.3", "10.0.0.4"] });
  const rest = {
    layout: 2,
    name: "a",
    createdAt: 0,
    attempt: 1,
    host: "x",
    fingerprint: "",
    lossRank: 0,
    localNode: 0,
  };
  return { ...rest, commands, cluster: plan.cluster, versions: {}, recovery };
}

it("a spare takes the node_rank and the ranks of a bad node", async () => {
  const before = await file();
  const after = withSpare(before, "10.0.0.2", "10.0.0.3");
  expect(after.commands.map(({ node, nodeRank }) => [node, nodeRank])).toEqual([
    ["10.0.0.1", 0],
    ["10.0.0.3", 1],
  ]);
  expect(after.cluster).toMatchObject({ access: { masterAddress: "10.0.0.1", hosts: [{}, { host: "10.0.0.3" }] } });
  expect([sparesLeft(before), sparesLeft(after)]).toEqual([["10.0.0.3", "10.0.0.4"], ["10.0.0.4"]]);
});

it("a spare of node 0 becomes the master for all", async () => {
  const after = withSpare(await file(), "10.0.0.1", "10.0.0.3");
  for (const { argv } of after.commands) expect(argv).toContain("--master_addr=10.0.0.3");
});

it.each([
  [["NPU-1"], ["npu-1"], 'found "npu-1", which is the same as "NPU-1"'],
  [["2001:db8::1"], ["admin@[2001:0DB8:0::1]"], "which is the same as"],
  [["a"], ["B", "b"], 'found "b", which is the same as "B"'],
  [["a"], ["a"], 'found "a"'],
])("hosts %j took spares %j for other machines", async (hosts, spares, message) => {
  const plan = await planRun(await openConfig("pretrain_deepseek3_tiny_cpu"), {
    cluster: { device: "CPU", hosts },
    onErrors: "show",
  });
  expect(() => requireSpares(plan.cluster, spares)).toThrow(message);
  const [first = ""] = spares;
  const commands = plan.commands({ runFolder: "runs/a", attempt: 1 });
  const left = sparesLeft({ ...(await file()), commands, cluster: plan.cluster, recovery: recoveryPolicy({ spares }) });
  expect(left.includes(first)).toBe(spares.length > 1);
});
