import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { LocalNode } from "../../../src/run/nodes/local/local-node.js";

/** A folder whose `npu-smi` prints the table of an Atlas A2, and two errors for device 2. */
function folderWithTool(): string {
  const folder = mkdtempSync(join(tmpdir(), "local-metrics-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const table = join(packageRoot(), "extensions/node/tests/samples/npu-smi-a2.txt");
  const count = 'echo "Double Bit Error Count : $([ "$5" = 2 ] && echo 2 || echo 0)"';
  writeFileSync(join(folder, "npu-smi"), `#!/bin/sh\nif [ "$2" = -t ]; then ${count}; else cat ${table}; fi\n`);
  chmodSync(join(folder, "npu-smi"), 0o755);
  return folder;
}

it("a run of this machine never saw its NPUs, their memory errors, or its free disk", async () => {
  const folder = folderWithTool();
  const node = new LocalNode({ name: "here", nodeRank: 0, folder: () => folder, marker: ["MF_LAB_RUN_ID", "none"] });
  onTestFinished(() => node.close());
  const { devices: none, ...machine } = await node.metrics();
  expect(none).toEqual([]);
  expect(machine.diskFreeBytes).toBeGreaterThan(0);
  expect(machine.cpuPercent).toBeGreaterThanOrEqual(0);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { devices } = await node.metrics();
  expect(devices.map(({ device }) => device)).toEqual([0, 1, 2]);
  expect(devices[0]).toMatchObject({ health: "OK", uncorrectable: 0 });
  expect(devices[2]).toMatchObject({ uncorrectable: 2 });
});
