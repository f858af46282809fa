import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Machines, startMachines } from "../../support/hosts/machines.js";

let machines: Machines;
beforeAll(async () => {
  machines = await startMachines(2);
});
afterAll(() => machines.close());

it("each machine has its own name, address, processes, and disk", () => {
  const ask = (name: string, script: string) =>
    execFileSync("ssh", ["-F", machines.sshConfig, name, script], { encoding: "utf8" }).trim();
  const [a, b] = machines.all as [Machines["all"][0], Machines["all"][0]];
  expect(
    ask(a.name, "hostname; echo $(hostname -I); echo $$ > /srv/pid; ls /proc | grep -c '^[0-9]'").split("\n"),
  ).toEqual([a.name, a.address, expect.stringMatching(/^\d$/)]);
  expect(ask(b.name, `ls /srv; getent hosts ${a.name} | cut -d' ' -f1`)).toBe(a.address);
});
