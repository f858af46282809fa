import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { clusterOptions, resolveCluster } from "../../../src/plan/command/cluster.js";
import { readCluster } from "../../../src/plan/command/cluster-options.js";
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

it.each([
  "",
  "-oProxyCommand=touch /tmp/x",
  "user@",
  "a b",
  "host:0",
  "host:99999",
  "$(id)@host",
  "h;id",
  "h\nid",
  "fe80::1%$(id)",
])("a host that ssh would take for something else is refused: %j", (text) => {
  expect(() => parseHost(text)).toThrow(expect.objectContaining({ code: "CLUSTER_INVALID" }));
});

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

const resolved = (given: object) => () => resolveCluster(readCluster({ device: "Ascend", ...given }), 2);

it.each([
  [{ nodes: ["node[1-4]"] }, /cluster\.nodes: expected host names or addresses, .+ found "node\[1-4\]"/],
  [{ nodes: ["node[01-04],node9"] }, /found "node\[01-04\],node9"/],
  [{ hosts: ["me@node[1-4]"] }, /brackets only around an IPv6 address/],
  [{ nodes: ["a"], masterAddress: "node[1-4]" }, /cluster\.masterAddress: expected a host name/],
])("a range of names was planned as one node: %j", (given, message) => {
  expect(resolved(given)).toThrow(message);
  expect(resolved(given)).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/scontrol show hostnames 'n/) }),
  );
});

it.each(["[workers]", "[10.0.0.1]:22", "10.0.0.256", "10.0.0.01", "a:b:c", ":::"])(
  "what is no host counted as a node: %s",
  (host) => {
    expect(resolved({ hosts: [host, "node1"] })).toThrow(/expected \[user@\]host\[:port\]/);
    expect(resolved({ nodes: [host, "node1"] })).toThrow(/expected host names or addresses/);
  },
);

it.each([
  ["127.0.0.1", "127.0.0.1:22"],
  ["NodeA", "nodea"],
  ["[::1]:22", "[0:0:0:0:0:0:0:1]:22"],
  ["me@FE80::1%eth0", "[fe80:0::1%eth0]:22"],
])("one machine in two spellings counted as two: %s and %s", (first, second) => {
  expect(resolved({ hosts: [first, "b", second] })).toThrow(/every host once, found it as .+ too/);
});

it("one node in two spellings counted as two, and a port got into the master's address", () => {
  expect(resolved({ nodes: ["NodeA", "nodea"] })).toThrow(/every node once \("NodeA" is the same\), found "nodea"/);
  expect(resolved({ nodes: ["::1", "[0::1]"] })).toThrow(/every node once/);
  expect(resolved({ nodes: ["127.0.0.1", "127.0.0.1:22"] })).toThrow(/without a port, found "127\.0\.0\.1:22"/);
  expect(resolved({ nodes: ["::1", "fe80::1%eth0", "[2001:db8::1]", "10.0.0.1", "a-1.b_2"] })().nodes).toHaveLength(5);
  expect(resolved({ hosts: ["[::1]:22", "[::1]:23"] })().nodes).toEqual(["[::1]:22", "[::1]:23"]);
});

it.each([
  ["127.0.0.1:0", "a port from 1 to 65535, found", /correct line 3/],
  ["node[01-04]", "found", /scontrol show hostnames 'node\[01-04\]'/],
  ["a,b", "found", /a line of its own/],
  ["[workers]", "brackets only around an IPv6 address, found", /correct line 3/],
  ["me me@a", "only slots=N behind the host, found", /correct line 3/],
  ["b slots=0", "slots from 1 to 1024, found", /correct line 3/],
  ["First:22 slots=8", "every host once (line 2 names it), found", /correct line 3/],
])("an error about a line of a host file named neither file nor line: %s", (line, message, hint) => {
  const read = () => parseHostFile(`# hosts\nfirst\n${line}\n`, "/etc/hosts.txt");
  expect(read).toThrow(/^host file \/etc\/hosts\.txt, line 3: expected /);
  expect(read).toThrow(message);
  expect(read).toThrow(expect.objectContaining({ code: "CLUSTER_INVALID", hint: expect.stringMatching(hint) }));
});

it("a host file in UTF-16 was refused as a host of odd characters", async () => {
  const path = join(folder, "utf-16");
  writeFileSync(path, "\uFEFFnode-1\nnode-2\n", "utf16le");
  await expect(withHostFile({ device: "CPU", hostfile: path })).rejects.toMatchObject({
    code: "CLUSTER_INVALID",
    message: `host file ${path}: expected UTF-8 text, found UTF-16 or null bytes`,
    hint: expect.stringContaining("iconv -f UTF-16 -t UTF-8"),
  });
});

it("spaces around the = of slots, and a byte order mark of UTF-8, were refused", () => {
  const hosts = parseHostFile("\uFEFFhost slots = 2\r\nother slots= 2 max_slots =4 # spare\rthird\n", "hosts");
  expect(hosts.map(({ host, slots }) => [host, slots])).toEqual([
    ["host", 2],
    ["other", 2],
    ["third", undefined],
  ]);
});

it.each([
  [{ nodeCount: 4 }, /^cluster\.nodeCount: expected no nodeCount unless via is "slurm" or "this-machine", found 4/],
  [{ hosts: ["a", "b"], nodeCount: 4 }, /^cluster\.nodeCount: expected no nodeCount beside hosts/],
  [{ slurm: { partition: "npu" } }, /^cluster\.slurm: expected no Slurm options unless via is "slurm"/],
  [{ simulate: { nodes: 2 }, nodes: ["a"] }, /^cluster\.nodes: expected no nodes beside simulate/],
  [
    { simulate: { nodes: 2 }, devicesPerNode: 4 },
    /^cluster\.devicesPerNode: expected no devicesPerNode beside simulate/,
  ],
  [{ simulate: { nodes: 2 }, port: 9000 }, /^cluster\.port: expected no port beside simulate/],
  [{ simulate: { nodes: 2 }, python: "/p" }, /^cluster\.python: expected no python beside simulate/],
  [{ simulate: { nodes: 2 }, via: "slurm" }, /^cluster\.via: expected no via beside simulate/],
])("an option that does not apply was dropped without a word: %j", (given, message) => {
  expect(resolved(given)).toThrow(message);
});

it("a host file beside options that exclude it is refused before it is read", () => {
  const hostfile = join(folder, "none");
  for (const other of [{ via: "slurm" }, { simulate: { nodes: 2 } }, { nodeCount: 2 }])
    expect(() => readCluster({ device: "CPU", hostfile, ...other })).toThrow(
      /^cluster\.(hostfile|nodeCount): expected/,
    );
});

it("a simulated cluster gives its options back, without devices that it does not have", () => {
  const given = { simulate: { nodes: 2, devicesPerNode: 4 }, memoryPerDevice: "64GB" };
  const cluster = resolveCluster(given, 2);
  expect(clusterOptions(cluster)).toEqual({ device: "Ascend", ...given, memoryPerDevice: `${2 ** 36}B` });
  expect(resolveCluster(clusterOptions(cluster), 2)).toEqual(cluster);
});

it.each(["partition", "account", "time", "gres", "qos"])(
  "a line end in slurm.%s began a line of the script",
  (option) => {
    for (const end of ["\n", "\r", "\t"]) {
      const slurm = { [option]: `x${end}rm -rf y` };
      expect(() => readCluster({ device: "Ascend", via: "slurm", slurm })).toThrow(`cluster.slurm.${option}: expected`);
    }
    const slurm = { extra: ["--nice\nid"] };
    expect(() => readCluster({ device: "Ascend", via: "slurm", slurm })).toThrow(/texts of one line/);
  },
);
