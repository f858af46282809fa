import { describe, expect, test } from "vitest";
import { LabError } from "../../../src/core/error.js";
import { type Cluster, resolveCluster } from "../../../src/plan/command/cluster.js";
import { nodeCommands, shellText } from "../../../src/plan/command/command.js";
import { quoteWord } from "../../../src/plan/command/shell-words.js";

function commands(cluster: Cluster, overrides: Record<string, string> = {}) {
  const settings = { cluster: resolveCluster({ python: "/env/bin/python", ...cluster }, 2), graphKey: "key" };
  return nodeCommands(settings, {
    runFolder: "/runs/a",
    attempt: 3,
    overrides,
    environment: { PATH: "/usr/bin:/bin" },
  });
}

test("one node: no node_rank, everything under the run folder", () => {
  const [only, ...others] = commands({ device: "CPU" });
  expect(others).toEqual([]);
  expect(only?.argv.map((word) => word.replace(/^\/.*\/extensions/, "<package>/extensions"))).toEqual([
    "/env/bin/msrun",
    "--worker_num=2",
    "--local_worker_num=2",
    "--master_addr=127.0.0.1",
    "--master_port=8118",
    "--log_dir=/runs/a/logs/attempt-3/node-0",
    "--join=True",
    "--cluster_time_out=600",
    "<package>/extensions/engine/run_mindformer.py",
    "--config",
    "/runs/a/config.yaml",
    "--output_dir",
    "/runs/a/output",
  ]);
  expect(only?.environment).toEqual({
    PATH: "/env/bin:/usr/bin:/bin",
    MF_LAB_RUN: "/runs/a",
    LOG_MF_PATH: "/runs/a/logs/attempt-3/node-0/mindformers",
    MS_COMPILER_CACHE_ENABLE: "1",
    MS_COMPILER_CACHE_PATH: "/runs/.compiler-cache/key",
  });
});

test("128 nodes of 8: node_rank 0 to 127 and 1024 workers, the first node is the master", () => {
  const nodes = Array.from({ length: 128 }, (_, index) => `node-${index}`);
  const all = commands({ device: "Ascend", nodes, devicesPerNode: 8, port: 9000 });
  expect(all.map(({ node, nodeRank }) => [node, nodeRank])).toEqual(nodes.map((node, index) => [node, index]));
  for (const [index, { argv, environment }] of all.entries()) {
    expect(argv.slice(1, 6)).toEqual([
      "--worker_num=1024",
      "--local_worker_num=8",
      "--master_addr=node-0",
      "--master_port=9000",
      `--node_rank=${index}`,
    ]);
    expect(argv).toContain("--bind_core=True");
    expect(environment).not.toHaveProperty("MS_COMPILER_CACHE_ENABLE");
  }
});

test("overrides follow as arguments of MindFormers' own command line", () => {
  const [only] = commands({ device: "CPU" }, { "runner_config.epochs": "2", load_checkpoint: "/a=b" });
  expect(only?.argv.slice(-4)).toEqual(["--runner_config.epochs", "2", "--load_checkpoint", "/a=b"]);
});

test.each([
  ["a.b", "x=y"],
  ["a b", "1"],
  ["a.b", "--c"],
])("an override that MindFormers would misread is refused: %s %s", (name, value) => {
  expect(() => commands({ device: "CPU" }, { [name]: value })).toThrow(LabError);
});

test("the text for a shell can be pasted: words with special characters are quoted, PATH is a prefix", () => {
  expect(["a b", "it's", "$x", "", "a=b:/c-d.e,f"].map(quoteWord)).toEqual([
    "'a b'",
    "'it'\\''s'",
    "'$x'",
    "''",
    "a=b:/c-d.e,f",
  ]);
  const [first, second] = shellText(
    commands({ device: "CPU", nodes: ["a", "b"], python: "/my env/bin/python" }),
    "/my env/bin/python",
  ).split("\n");
  expect(first).toBe("# on a (node_rank 0)");
  expect(second).toMatch(
    /^PATH='\/my env\/bin':"\$PATH" MF_LAB_RUN=\/runs\/a .*'\/my env\/bin\/msrun' --worker_num=2 /,
  );
});

describe("a cluster that can't be is refused", () => {
  test.each([
    [{ device: "GPU" }, /cluster\.device: expected "CPU" or "Ascend", found "GPU"/],
    [{ device: "CPU", nodes: [] }, /at least one node/],
    [{ device: "CPU", nodes: ["a", "b", "a"] }, /every node once, found "a"/],
    [{ device: "CPU", nodes: ["a; rm -rf x"] }, /host names or addresses/],
    [{ device: "CPU", nodes: ["-x"] }, /host names or addresses/],
    [{ device: "CPU", devicesPerNode: 0 }, /whole number from 1/],
    [{ device: "CPU", devicesPerNode: 1.5 }, /whole number/],
    [{ device: "CPU", port: 80 }, /from 1024 to 65535, found 80/],
    [{ device: "CPU", memoryPerDevice: "64 parsecs" }, /memoryPerDevice/],
    [{ device: "CPU", memoryPerDevice: 64 }, /memoryPerDevice: expected a size with a unit, or bytes from 1 MB on/],
  ])("%j", (cluster, message) => {
    expect(() => resolveCluster(cluster as Cluster, 1)).toThrow(message);
  });

  test("defaults: 8 NPUs per node, on CPU as many workers as data_parallel asks for", () => {
    expect(resolveCluster({ device: "Ascend", nodes: ["a", "b"], memoryPerDevice: "64GB" }, 1)).toMatchObject({
      devices: 16,
      memoryPerDevice: 2 ** 36,
      port: 8118,
    });
    expect(resolveCluster(undefined, 3)).toMatchObject({ device: "CPU", devices: 3, nodes: ["127.0.0.1"] });
  });
});
