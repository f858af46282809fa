import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { cpus, freemem, totalmem } from "node:os";
import { delimiter, join } from "node:path";
import type { Clock } from "../../../core/clock.js";
import { enginePython } from "../../../core/engine-python.js";
import { freeSpace } from "../../../core/files.js";
import { packageRoot } from "../../../core/package-root.js";
import { runProgram } from "../../../core/process.js";
import type { DeviceMetrics, NodeMetrics } from "../node.js";

/** Milliseconds over which the use of the processors is seen. */
const sampleMs = 100;
const devicesTimeoutMs = 30_000;

/** The node program's own reader of `npu-smi`. */
const devicesProgram =
  "import json, sys; sys.path.insert(0, sys.argv[1]); " +
  "from mindformers_lab_node.metrics import devices; print(json.dumps(devices()))";

function processorTimes(): { readonly busy: number; readonly all: number } {
  const times = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({ busy: user + nice + sys + irq, idle }));
  const busy = times.reduce((sum, each) => sum + each.busy, 0);
  return { busy, all: busy + times.reduce((sum, { idle }) => sum + idle, 0) };
}

async function hasTool(name: string): Promise<boolean> {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.map((folder) => access(join(folder, name), constants.X_OK));
  return Promise.any(found).then(
    () => true,
    () => false,
  );
}

/** NPUs of this machine; none without `npu-smi`, which costs nothing but the look for it. */
async function localDevices(): Promise<readonly DeviceMetrics[]> {
  if (!(await hasTool("npu-smi"))) return [];
  const argv = [enginePython(), "-c", devicesProgram, join(packageRoot(), "extensions", "node")];
  const found = await runProgram({ argv, timeoutMs: devicesTimeoutMs }).catch(() => undefined);
  return found?.exitCode === 0 ? (JSON.parse(found.stdout) as DeviceMetrics[]) : [];
}

/** The same as the node program measures on other machines. `folder`: the free space of its disk is measured. */
export async function localMetrics(folder: string, ranks: NodeMetrics["ranks"], clock: Clock): Promise<NodeMetrics> {
  const before = processorTimes();
  const [diskFreeBytes, devices] = await Promise.all([freeSpace(folder), localDevices(), clock.wait(sampleMs)]);
  const now = processorTimes();
  const share = (now.busy - before.busy) / (now.all - before.all);
  return {
    ...(Number.isFinite(share) && { cpuPercent: Math.round(1000 * share) / 10 }),
    ...(Number.isFinite(diskFreeBytes) && { diskFreeBytes }),
    ...{ memoryUsedBytes: totalmem() - freemem(), memoryTotalBytes: totalmem() },
    ...{ ranks, devices },
  };
}
