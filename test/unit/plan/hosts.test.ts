import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { clusterOptions, resolveCluster } from "../../../src/plan/command/cluster.js";
import { withHostFile } from "../../../src/plan/command/host-file.js";
import { parseHost, parseHostFile } from "../../../src/plan/command/hosts.js";

const folder = mkdtempSync(join(tmpdir(), "hosts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ["10.0.0.1", { host: "10.0.0.1" }],
  ["user@10.0.0.1:2222", { user: "user", host: "10.0.0.1", port: 2222 }],
  ["root@node-7.cluster", { user: "root", host: "node-7.cluster" }],
  ["fe80::1", { host: "fe80::1" }],
  ["me@[fe80::1%eth0]:22", { user: "me", host: "fe80::1%eth0", port: 22 }],
])("a host is read as one types it for ssh: %s", (text, expected) => {
  expect(parseHost(text)).toEqual({ text, ...expected });
});

it.each(["", "-oProxyCommand=touch /tmp/x", "user@", "a b", "host:0", "host:99999", "$(id)@host", "h;id", "h\nid"])(
  "a host that ssh would take for something else is refused: %j",
  (text) => {
    expect(() => parseHost(text)).toThrow(expect.objectContaining({ code: "CLUSTER_INVALID" }));
  },
);

it("a host file may be MPI's, with slots and comments, or hold a name a line", () => {
  const text = "# two machines\nroot@a slots=8\r\nb slots=8 max_slots=8 # spare\n\nc:2222\n";
  expect(parseHostFile(text, "hosts").map(({ host, port, slots }) => [host, port, slots])).toEqual([
    ["a", undefined, 8],
    ["b", undefined, 8],
    ["c", 2222, undefined],
  ]);
  expect(() => parseHostFile("a\nb slot=8\n", "hosts")).toThrow(/hosts, line 2/);
  expect(() => parseHostFile("# none\n", "hosts")).toThrow(/at least one host/);
});

it("slots of a host file become workers of a node; unequal ones are refused with the line to type", async () => {
  const equal = join(folder, "equal");
  const unequal = join(folder, "unequal");
  writeFileSync(equal, "a slots=4\nb slots=4\n");
  writeFileSync(unequal, "a slots=4\nb slots=8\n");
  expect(await withHostFile({ device: "CPU", hostfile: equal })).toEqual({
    device: "CPU",
    hosts: ["a", "b"],
    devicesPerNode: 4,
  });
  await expect(withHostFile({ device: "CPU", hostfile: unequal })).rejects.toThrow(/found 4, 8/);
  await expect(withHostFile({ device: "CPU", hostfile: join(folder, "none") })).rejects.toThrow(
    expect.objectContaining({ code: "FILE_MISSING" }),
  );
});

it("a resolved cluster gives its options back, whatever its way of starting", () => {
  for (const given of [
    { device: "CPU", nodes: ["10.0.0.1", "10.0.0.2"], devicesPerNode: 1 },
    { device: "CPU", hosts: ["u@a:22", "u@a:23"], workDir: "/data/runs", setup: "/opt/set_env.sh", container: "box" },
    { device: "Ascend", via: "slurm", nodeCount: 4, slurm: { partition: "npu", time: "60" }, memoryPerDevice: "64GB" },
  ] as const) {
    const resolved = resolveCluster(given, 2);
    expect(resolveCluster(clusterOptions(resolved), 2)).toEqual(resolved);
  }
});

it("two hosts of one address are told apart by their ports; a host that is there twice is refused", () => {
  expect(resolveCluster({ device: "CPU", hosts: ["a:22", "a:23"] }, 2).nodes).toEqual(["a:22", "a:23"]);
  expect(() => resolveCluster({ device: "CPU", hosts: ["a", "root@a"] }, 2)).toThrow(/every host once/);
});

it.each([
  [{ via: "ssh" as const }, /at least one host/],
  [{ hosts: ["a"], nodes: ["a"] }, /hosts instead of nodes/],
  [{ hosts: ["a"], workDir: "runs" }, /absolute path/],
  [{ via: "slurm" as const, hosts: ["a"] }, /no hosts unless/],
])("options that contradict each other are refused: %j", (options, message) => {
  expect(() => resolveCluster({ device: "CPU", ...options }, 2)).toThrow(message);
});
