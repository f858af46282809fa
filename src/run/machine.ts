import { basename, dirname } from "node:path";
import { formatBytes } from "../core/units.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { tableBundle } from "../view/table.js";
import { type MachineFacts, readMachine } from "./machine-facts.js";

/** One line of checkMachine. */
export interface MachineCheck {
  readonly name: string;
  readonly state: "ok" | "missing";
  readonly found: string;
  /** Command that fixes it; empty if nothing is missing. */
  readonly cure: string;
}

const gigabyte = 1024 ** 3;
const setup = "npm run setup";

function line(name: string, ok: boolean, words: { readonly found: string; readonly cure: string }): MachineCheck {
  return { name, state: ok ? "ok" : "missing", found: words.found, cure: ok ? "" : words.cure };
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

function pythonLines(facts: MachineFacts): MachineCheck[] {
  const { python, mindspore, mindformers, launcher, pythonPath } = facts;
  const none = `nothing at ${pythonPath}`;
  const found = python === undefined ? none : `${python} at ${pythonPath}`;
  return [
    line("Python environment", python !== undefined && atLeast(python, [3, 9]), { found, cure: setup }),
    line("MindSpore", mindspore !== undefined, { found: mindspore ?? "not installed", cure: setup }),
    line("MindFormers", mindformers !== undefined, { found: mindformers ?? "not installed", cure: setup }),
    line("msrun", launcher !== undefined, { found: launcher ?? "not installed", cure: setup }),
    ...indexHelperLines(facts),
  ];
}

/**
 * The engine builds it when a training starts, on one rank of each node: with all ranks waiting, or failing if the
 * node has no compiler.
 */
function indexHelperLines({ indexHelperFolder: folder, indexHelper, pythonPath }: MachineFacts): MachineCheck[] {
  if (folder === undefined) return [];
  const found = indexHelper === undefined ? `not built in ${folder}` : `${basename(indexHelper)} (every node needs it)`;
  const cure = `PATH=${dirname(pythonPath)}:$PATH make -C ${folder}   # on every node`;
  return [line("Index helper", indexHelper !== undefined, { found, cure })];
}

/** Judges what was found. Pure. */
export function judgeMachine(facts: MachineFacts): MachineCheck[] {
  const { devices, freeDiskBytes } = facts;
  const disk = freeDiskBytes === undefined ? "unknown" : `${formatBytes(freeDiskBytes)} free`;
  const device = devices === undefined ? "CPU only (no npu-smi)" : devices.join(", ") || "npu-smi lists no device";
  return [
    line("Node", atLeast(facts.node, [20, 19]), {
      found: facts.node,
      cure: "install Node 20.19 or newer: https://nodejs.org",
    }),
    ...pythonLines(facts),
    line("C++ compiler", facts.compiler !== undefined, {
      found: facts.compiler ?? "neither c++ nor g++ nor clang++",
      cure: "apt-get install g++ make",
    }),
    line("Jupyter kernel", facts.kernelspec !== undefined, {
      found: facts.kernelspec ?? "not installed",
      cure: "npx mindformers-lab install",
    }),
    line("Cores", facts.cores >= 1, { found: String(facts.cores), cure: "" }),
    line("Memory", facts.memoryBytes >= 7 * gigabyte, {
      found: `${formatBytes(facts.memoryBytes)}, ${formatBytes(facts.freeMemoryBytes)} free`,
      cure: "a machine with at least 8 GB (a worker takes 2.8 GB), or workers: 1",
    }),
    line("Disk", (freeDiskBytes ?? Number.POSITIVE_INFINITY) >= gigabyte, {
      found: disk,
      cure: "free at least 1 GB: df -h .",
    }),
    line("Devices", devices === undefined || devices.length > 0, { found: device, cure: "npu-smi info -l" }),
  ];
}

/**
 * What the machine has and lacks for training; shows itself as a table.
 *
 * @example
 * const machine = await checkMachine();
 * if (!machine.ready) console.log(machine.checks);
 */
export class Machine {
  readonly facts: MachineFacts;
  readonly checks: readonly MachineCheck[];
  /** True if nothing is missing. */
  readonly ready: boolean;

  /** @internal Use checkMachine. */
  constructor(facts: MachineFacts) {
    this.facts = facts;
    this.checks = judgeMachine(facts);
    this.ready = this.checks.every(({ state }) => state === "ok");
  }

  [displayKey](): MimeBundle {
    const missing = this.checks.filter(({ state }) => state === "missing").length;
    return tableBundle({
      title: this.ready ? "This machine is ready to train" : `This machine lacks ${missing} of ${this.checks.length}`,
      columns: [
        { key: "what", label: "" },
        { key: "state" },
        { key: "found" },
        ...(this.ready ? [] : [{ key: "cure", label: "to fix it" }]),
      ],
      rows: this.checks.map(({ name, state, found, cure }) => ({
        what: name,
        state: state === "ok" ? "✓ ok" : "✗ missing",
        found,
        cure,
      })),
    });
  }
}

/** The work behind `checkMachine` in `on-demand/run.ts`. */
export async function checkMachine(): Promise<Machine> {
  return new Machine(await readMachine());
}
