import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { Config } from "../../../src/config/config.js";
import { FaultLab } from "../../support/fault-lab.js";
import { type Machine, type Machines, startMachines } from "../../support/hosts/machines.js";
import { tinyQwen3 } from "../../support/tiny-qwen3.js";

// A dense model on two machines that keep their checkpoints for themselves: both ranks hold the same values.

const lab = new FaultLab("replicas", inject("compiledGraphs"));
let machines: Machines;
let config: Config;
beforeAll(async () => {
  machines = await startMachines(3);
  const sizes = { vocabulary: 1000, seqLength: 64, keyHeads: 2, samples: 2 * 80, tokens: lab.prefix };
  config = (await tinyQwen3(sizes)).saving({ every: 20, keep: 3, layout: "ranks" });
  await lab.calm(config);
}, 900_000);
afterAll(async () => {
  await lab.end();
  await machines.close();
});

it("a host that is gone with its ranks' files: a spare fetches them from a rank with the same values", async () => {
  const machine = (index: number) => machines.all[index] as Machine;
  const hosts = [machine(0).address, machine(1).address];
  const run = await lab.launch("spare-fetches", {
    config,
    cluster: { device: "CPU", hosts, sshConfig: machines.sshConfig, workDir: "/srv/runs" },
    recovery: { hangAfter: "30s", backoff: { first: "1s" }, spares: [machine(2).address] },
  });
  await run.wait({ untilStep: 30, timeout: "8m" });
  machine(1).cut();
  const made = async () => (await run.decisions()).filter(({ decision }) => decision !== "note");
  const end = await run.wait({ timeout: "9m" }).catch((error: unknown) => error);
  expect(end, JSON.stringify(await made())).toMatchObject({ state: "finished", step: 80 });
  machine(1).mend();
  await lab.close(run, "a host is gone, its files are fetched from the other", "two hosts, own storage");
  await lab.expectCalmLosses(run);
  expect((await made()).map(({ decision }) => decision)).toEqual(["replace-node", "resume exact"]);
  expect((await run.nodes()).rows.map(({ node }) => node)).toEqual([machine(0).address, machine(2).address]);
});
