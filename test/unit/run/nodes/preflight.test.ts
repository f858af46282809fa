import { expect, it } from "vitest";
import { isLabError } from "../../../../src/core/error.js";
import { judgeNodes } from "../../../../src/run/nodes/preflight/checks.js";
import type { NodeFacts, NodeFindings, NodeNeeds } from "../../../../src/run/nodes/preflight/facts.js";
import { Preflight, requireReady } from "../../../../src/run/nodes/preflight/preflight.js";
import { displayKey } from "../../../../src/view/display-contract.js";

const needs: NodeNeeds = {
  device: "Ascend",
  devicesPerNode: 2,
  port: 8118,
  masterAddress: "10.0.0.1",
  diskBytes: 1e9,
};

const npu = (device: number) => ({ device, health: "OK", processes: [] });

function facts(nodeRank: number, more: Partial<NodeFacts> = {}): NodeFacts {
  return {
    hostname: `node${nodeRank}`,
    ownAddresses: [`10.0.0.${nodeRank + 1}`],
    masterAddresses: ["10.0.0.1"],
    imports: { python: "3.11.9", mindspore: "2.9.0", mindformers: "1.9.0" },
    cann: "8.2.0",
    driver: "25.2.0",
    disk: { folder: "/data", free: 5e9, writable: true },
    limits: { files: 65_535, processes: -1 },
    port: null,
    devices: [npu(0), npu(1)],
    links: [],
    processes: [],
    ownProcesses: [],
    ...more,
  };
}

function finding(nodeRank: number, more: Partial<NodeFacts> = {}, about: Partial<NodeFindings> = {}): NodeFindings {
  const files = { "/data/x.bin": { size: 10, sha256: "aa" } };
  return {
    node: `n${nodeRank}`,
    nodeRank,
    clockAheadMs: 0,
    files,
    seesMaster: true,
    facts: facts(nodeRank, more),
    ...about,
  };
}

const stateOf = (found: readonly NodeFindings[], node: number, check: string, wanted: NodeNeeds = needs) =>
  judgeNodes(found, wanted)[node]?.find((cell) => cell.check === check);

it("three equal nodes are ready in every cell", () => {
  const cells = judgeNodes([finding(0), finding(1), finding(2)], needs).flat();
  expect(cells.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(cells).toHaveLength(36);
});

it.each<[string, string, NodeFindings, RegExp]>([
  [
    "another MindFormers",
    "software",
    finding(2, { imports: { mindspore: "2.9.0", mindformers: "1.8.0" } }),
    /1\.8\.0; other nodes: .*1\.9\.0/,
  ],
  ["a MindSpore that does not import", "software", finding(2, { imports: { error: "libascend.so" } }), /libascend/],
  ["another driver", "driver", finding(2, { driver: "24.1" }), /24\.1; other nodes: .*25\.2/],
  [
    "one byte changed",
    "data",
    finding(2, {}, { files: { "/data/x.bin": { size: 10, sha256: "bb" } } }),
    /content differs/,
  ],
  [
    "a file cut short",
    "data",
    finding(2, {}, { files: { "/data/x.bin": { size: 9, sha256: "aa" } } }),
    /9 bytes, node 0 has 10/,
  ],
  ["a file that is missing", "data", finding(2, {}, { files: { "/data/x.bin": null } }), /no \/data\/x\.bin/],
  ["a clock that is off", "clock", finding(2, {}, { clockAheadMs: -3200 }), /3\.2 s behind node 0/],
  ["a full disk", "disk", finding(2, { disk: { folder: "/d", free: 1e6, writable: true } }), /the run needs/],
  [
    "a disk without permission",
    "disk",
    finding(2, { disk: { folder: "/d", free: 5e9, writable: false } }),
    /can't be written/,
  ],
  ["few open files", "limits", finding(2, { limits: { files: 256, processes: -1 } }), /256 open files/],
  ["a name that is there twice", "name", finding(2, { hostname: "node0" }), /as node 0/],
  ["a master that is the node itself", "name", finding(2, { masterAddresses: ["127.0.1.1"] }), /is this node itself/],
  ["a missing NPU", "devices", finding(2, { devices: [npu(0)] }), /1 NPUs, the plan needs 2/],
  ["an ill NPU", "devices", finding(2, { devices: [npu(0), { device: 1, health: "Warning" }] }), /NPU 1: Warning/],
  [
    "a busy NPU",
    "devices",
    finding(2, { devices: [npu(0), { device: 1, health: "OK", processes: [{ pid: 7, name: "python" }] }] }),
    /used by process 7/,
  ],
  ["a link that is down", "devices", finding(2, { links: [{ device: 0, link: "link status: DOWN" }] }), /DOWN/],
])("%s is red, with what was found", (_, check, broken, found) => {
  const cell = stateOf([finding(0), finding(1), broken], 2, check);
  expect(cell).toMatchObject({ state: "error", found: expect.stringMatching(found) });
  expect(cell?.cure).not.toBe("");
});

it("the master's port in use by another run's scheduler is red, since workers would join it", () => {
  const port = { pid: 17, what: "python run_mindformer.py", run: "/runs/other" };
  expect(stateOf([finding(0, { port }), finding(1)], 0, "port")).toMatchObject({
    state: "error",
    found: expect.stringContaining("workers would join its scheduler"),
    cure: "cluster: { …, port: 8119 }",
  });
});

it("a node that does not answer has one red cell, and the others are still judged", () => {
  const silent: NodeFindings = {
    node: "n1",
    nodeRank: 1,
    unreachable: { message: "node n1: no route", hint: "ssh n1 true" },
  };
  const cells = judgeNodes([finding(0), silent, finding(2)], needs);
  expect(cells[1]).toEqual([{ check: "reachable", state: "error", found: "no route", cure: "ssh n1 true" }]);
  expect(cells[2]?.every(({ state }) => state === "ok")).toBe(true);
  const text = String(new Preflight(["n0", "n1", "n2"], cells)[displayKey]()["text/plain"]);
  expect(text).toContain("n1: not reachable: no route → ssh n1 true");
});

it("processes of earlier runs are a warning with the line that ends them", () => {
  const found = [finding(0, { processes: [{ run: "/runs/old one", pids: [4, 5] }] }), finding(1)];
  expect(stateOf(found, 0, "processes")).toMatchObject({ state: "warning", cure: "kill 4 5   # '/runs/old one'" });
});

it("red refuses with every finding; the table shows node × check within 64 KB for 128 nodes", async () => {
  const found = Array.from({ length: 128 }, (_, rank) =>
    finding(rank, rank % 2 ? { limits: { files: 1, processes: 1 } } : {}),
  );
  const result = new Preflight(
    found.map(({ node }) => node),
    judgeNodes(found, needs),
  );
  expect(result.ready).toBe(false);
  const bundle = result[displayKey]();
  expect(JSON.stringify(bundle).length).toBeLessThan(64 * 1024);
  expect(bundle["text/plain"]).toContain("n1: limits: 1 open files → ulimit -n 65535");
  try {
    requireReady(result);
    expect.unreachable();
  } catch (error) {
    expect(isLabError(error) && error.code).toBe("CLUSTER_NOT_READY");
    expect(String(error)).toContain("and 44 more");
  }
});
