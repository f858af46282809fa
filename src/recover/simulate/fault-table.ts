import { hasAll, shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import type { FaultKind, FaultTable, FaultTableName } from "../../plan/command/simulate.js";

export const faultKinds: readonly FaultKind[] = [
  "process",
  "node",
  "device",
  "link",
  "storage",
  "hang",
  "slow",
  "nan",
  "spike",
  "silent",
];

/**
 * llama3: 419 unexpected interruptions in 54 days on 2,048 nodes (The Llama 3 Herd of Models, arXiv 2407.21783, table
 * 5): devices and their memory 148 + 72 + 19 + 17 + 6, network 35 + 7, software 54 + 2, hosts (maintenance 32,
 * chassis, boards, power, processors, memory) 43, disks 3, watchdog timeouts 7, silent data corruption 6. byterobust:
 * one in 6.2 h on 1,200 nodes; of 100 incidents 83 explicit (device 36, memory and load of hosts 19, storage 10,
 * network and others) and the rest implicit, most of them hangs (Robust LLM Training Infrastructure at ByteDance,
 * arXiv 2509.16293, table 1; without restarts by hand). rsc: 6.50 per 1,000 node-days on RSC-1 (Revisiting Reliability
 * in Large-Scale ML Research Clusters, arXiv 2410.21680), the rate of that paper's projections. rsc-jobs: 7.9 h between
 * failures of jobs on 128 nodes, as measured there; the mix is that of rsc.
 */
export const faultTables: Readonly<Record<FaultTableName, FaultTable>> = {
  llama3: {
    nodeDaysPerFault: (54 * 2048) / 419,
    mix: { device: 262, link: 42, process: 56, node: 43, storage: 3, hang: 7, silent: 6 },
    source: "Llama 3: 419 in 54 days on 16,384 GPUs (arXiv 2407.21783)",
  },
  byterobust: {
    nodeDaysPerFault: (6.2 / 24) * 1200,
    mix: { device: 36, process: 19, node: 8, link: 10, storage: 10, hang: 12, slow: 1, nan: 1 },
    source: "ByteRobust: a fault in 6.2 h on 9,600 GPUs, mix of table 1 (arXiv 2509.16293)",
  },
  rsc: {
    nodeDaysPerFault: 1000 / 6.5,
    mix: { device: 35, link: 20, process: 15, node: 20, storage: 10 },
    source: "RSC-1: 6.50 per 1,000 node-days (arXiv 2410.21680)",
  },
  "rsc-jobs": {
    nodeDaysPerFault: (7.9 / 24) * 128,
    mix: { device: 35, link: 20, process: 15, node: 20, storage: 10 },
    source: "RSC: jobs on 1,024 GPUs fail after 7.9 h, as measured (arXiv 2410.21680)",
  },
};

/** The table of that name, or the given one after a look at its numbers. @throws ARGUMENT_INVALID */
export function faultTable(faults: FaultTableName | FaultTable | "none" | undefined): FaultTable {
  const refuse = (expected: string, found: unknown) =>
    new LabError("ARGUMENT_INVALID", `simulate.faults: expected ${expected}, found ${shownValue(found)}`, {
      hint: 'simulate: { nodes: 1024, devicesPerNode: 8, faults: "llama3" }',
    });
  if (faults === undefined || faults === "none")
    return { nodeDaysPerFault: Number.POSITIVE_INFINITY, mix: { process: 1 } };
  if (typeof faults === "string") {
    const table = faultTables[faults];
    if (table === undefined) throw refuse(`${Object.keys(faultTables).join(", ")}, none, or a table`, faults);
    return table;
  }
  if (typeof faults.nodeDaysPerFault !== "number" || !(faults.nodeDaysPerFault > 0))
    throw refuse("nodeDaysPerFault above 0", faults.nodeDaysPerFault);
  if (!hasAll(faults.mix)) throw refuse("a mix such as { device: 3, process: 1 }", faults.mix);
  const odd = Object.keys(faults.mix).find((kind) => !faultKinds.some((each) => each === kind));
  if (odd !== undefined) throw refuse(`kinds among ${faultKinds.join(", ")}`, odd);
  const weights = Object.values(faults.mix);
  if (weights.some((weight) => !(weight >= 0)) || !weights.some((weight) => weight > 0))
    throw refuse("a mix of weights of which one is above 0", faults.mix);
  return faults;
}
