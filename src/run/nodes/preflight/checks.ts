import { formatBytes, formatCount } from "../../../core/units.js";
import { quoteWord } from "../../../plan/command/shell-words.js";
import type { NodeFacts, NodeFindings, NodeNeeds } from "./facts.js";

/** One cell of the preflight table. */
export interface NodeCheck {
  readonly check: string;
  readonly state: "ok" | "warning" | "error";
  readonly found: string;
  /** Line to type or thing to do; empty if nothing is wrong. */
  readonly cure: string;
}

type Judge = (node: Reached, all: readonly Reached[], needs: NodeNeeds) => NodeCheck;
type Reached = NodeFindings & { readonly facts: NodeFacts };

/** Clocks may differ by so much: the order of log lines and the age of files depend on them. */
const clockMs = 2000;

function ok(check: string, found: string): NodeCheck {
  return { check, state: "ok", found, cure: "" };
}

function bad(check: string, found: string, cure: string): NodeCheck {
  return { check, state: "error", found, cure };
}

function doubtful(check: string, found: string, cure: string): NodeCheck {
  return { check, state: "warning", found, cure };
}

/** The value that most nodes have; of equally frequent ones the first node's. */
function usual(values: readonly string[]): string {
  const count = (value: string) => values.filter((other) => other === value).length;
  return values.reduce((best, value) => (count(value) > count(best) ? value : best), values[0] ?? "");
}

function versions({ facts: { imports } }: Reached): string {
  return `MindSpore ${imports.mindspore ?? "?"}, MindFormers ${imports.mindformers ?? "?"}`;
}

function software(node: Reached, all: readonly Reached[], needs: NodeNeeds): NodeCheck {
  const { imports } = node.facts;
  if (imports.error !== undefined)
    return bad("software", `import mindspore: ${imports.error}`, "set cluster.python or cluster.setup for this node");
  if (!imports.mindformers) return bad("software", "no MindFormers", "pip install mindformers==1.9.0 there");
  if (needs.mindIo && !imports.mindio_ttp)
    return bad("software", "no mindio_ttp, which the fault tolerance needs", "install MindIO's mindio_ttp wheel there");
  const most = usual(all.filter(({ facts }) => facts.imports.error === undefined).map(versions));
  return versions(node) === most
    ? ok("software", versions(node))
    : bad("software", `${versions(node)}; other nodes: ${most}`, "install the same versions on every node");
}

function driver(node: Reached, all: readonly Reached[], needs: NodeNeeds): NodeCheck {
  const text = ({ facts }: Reached) => `CANN ${facts.cann ?? "?"}, driver ${facts.driver ?? "?"}`;
  if (needs.device === "CPU") return ok("driver", "not needed");
  const most = usual(all.map(text));
  if (text(node) !== most)
    return bad("driver", `${text(node)}; other nodes: ${most}`, "install the same on every node");
  return ok("driver", text(node));
}

/** The same bytes on every node: node 0 is what the others are compared with. */
function data(node: Reached, all: readonly Reached[]): NodeCheck {
  const master = all[0]?.files ?? {};
  for (const [path, fact] of Object.entries(node.files ?? {})) {
    if (fact === null) return bad("data", `no ${path}`, `copy it there: ${path}`);
    const other = master[path];
    if (other === undefined || other === null) continue;
    if (other.size !== fact.size)
      return bad("data", `${path}: ${fact.size} bytes, node 0 has ${other.size}`, `copy ${path} from node 0`);
    if (other.sha256 !== fact.sha256)
      return bad("data", `${path}: content differs from node 0 (SHA-256)`, `copy ${path} from node 0`);
  }
  const files = Object.values(node.files ?? {});
  const bytes = files.reduce((sum, fact) => sum + (fact?.size ?? 0), 0);
  const unread = files.filter((fact) => fact?.sha256 === null).length;
  const how = unread > 0 ? `, of ${unread} only the size was compared` : "";
  return ok(
    "data",
    files.length === 0 ? "none to compare" : `${formatCount(files.length, "file")}, ${formatBytes(bytes)}${how}`,
  );
}

function clock(node: Reached, all: readonly Reached[]): NodeCheck {
  const apart = (node.clockAheadMs ?? 0) - (all[0]?.clockAheadMs ?? 0);
  const found = `${(apart / 1000).toFixed(1)} s ${apart < 0 ? "behind" : "ahead of"} node 0`;
  if (Math.abs(apart) <= clockMs) return ok("clock", Math.abs(apart) < 500 ? "in sync" : found);
  return bad("clock", found, "set the clock: chronyc makestep (or ntpdate)");
}

function port(node: Reached, _all: readonly Reached[], needs: NodeNeeds): NodeCheck {
  const holder = node.facts.port;
  if (node.nodeRank !== 0) return ok("port", "");
  if (holder === null) return ok("port", `${needs.port} free`);
  const whose = holder.run ? ` of the run ${holder.run}: workers would join its scheduler` : "";
  const pid = holder.pid === undefined ? "" : ` (process ${holder.pid}: ${holder.what.slice(0, 80)})`;
  return bad("port", `${needs.port} is in use${whose}${pid}`, `cluster: { …, port: ${needs.port + 1} }`);
}

function disk(node: Reached, _all: readonly Reached[], needs: NodeNeeds): NodeCheck {
  const { folder, free, writable } = node.facts.disk;
  if (!writable)
    return bad("disk", `${folder} can't be written`, "set cluster.workDir to a folder that can be written");
  const found = `${formatBytes(free)} free`;
  if (needs.diskBytes === undefined) return ok("disk", found);
  return free >= needs.diskBytes
    ? ok("disk", found)
    : bad("disk", `${found}, the run needs ${formatBytes(needs.diskBytes)}`, "free space, or save fewer checkpoints");
}

function limits(node: Reached, _all: readonly Reached[], needs: NodeNeeds): NodeCheck {
  const { files, processes } = node.facts.limits;
  if (files < 1024) return bad("limits", `${files} open files`, "ulimit -n 65535 in the setup script");
  const wanted = 512 * needs.devicesPerNode;
  if (processes >= 0 && processes < wanted)
    return doubtful("limits", `${processes} processes`, `ulimit -u ${wanted} or more in the setup script`);
  return ok("limits", `${files} files`);
}

function isLoopback(address: string): boolean {
  return /^(127\.|::1$)/.test(address);
}

function name(node: Reached, all: readonly Reached[], needs: NodeNeeds): NodeCheck {
  const { hostname, ownAddresses, masterAddresses } = node.facts;
  const same = all.filter(({ facts }) => facts.hostname === hostname);
  if (same.length > 1)
    return bad(
      "name",
      `${hostname}, as node ${same.find((one) => one !== node)?.nodeRank}`,
      "give every node a host name of its own",
    );
  if (all.length > 1 && masterAddresses.length === 0)
    return bad("name", `${needs.masterAddress} does not resolve`, "set cluster.masterAddress to an address");
  if (all.length > 1 && node.nodeRank > 0 && masterAddresses.some(isLoopback))
    return bad(
      "name",
      `${needs.masterAddress} is this node itself`,
      "set cluster.masterAddress to an address that all nodes reach",
    );
  if (all.length > 1 && ownAddresses.length > 0 && ownAddresses.every(isLoopback)) {
    const state = node.nodeRank === 0 && needs.masterAddress === hostname ? bad : doubtful;
    return state(
      "name",
      `${hostname} resolves to ${ownAddresses[0]}`,
      "correct /etc/hosts: the name must not mean 127.0.0.1",
    );
  }
  return ok("name", hostname);
}

function storage(node: Reached, all: readonly Reached[]): NodeCheck {
  if (all.length === 1 || node.nodeRank === 0) return ok("storage", "");
  return ok("storage", node.seesMaster ? "shared with node 0" : "its own");
}

function devices(node: Reached, _all: readonly Reached[], needs: NodeNeeds): NodeCheck {
  if (needs.device === "CPU") return ok("devices", "CPU");
  const found = node.facts.devices;
  if (found.length < needs.devicesPerNode)
    return bad("devices", `${found.length} NPUs, the plan needs ${needs.devicesPerNode}`, "npu-smi info");
  const ill = found.find(({ health }) => health !== undefined && health !== "OK");
  if (ill) return bad("devices", `NPU ${ill.device}: ${ill.health}`, `npu-smi info -t health -i ${ill.device}`);
  const busy = found.find(({ processes = [] }) => processes.length > 0);
  const pids = busy?.processes?.map(({ pid }) => pid).join(" ");
  if (busy)
    return bad("devices", `NPU ${busy.device} is used by process ${pids}`, `kill ${pids}   # if they are yours`);
  const down = node.facts.links.find(({ link }) => !/up/i.test(link));
  if (down) return bad("devices", `NPU ${down.device}: ${down.link}`, `hccn_tool -i ${down.device} -link -g`);
  return ok("devices", `${found.length} NPUs idle`);
}

function leftovers(node: Reached): NodeCheck {
  const { processes, ownProcesses } = node.facts;
  const own = ownProcesses.map(({ pid }) => pid).join(" ");
  if (own !== "") return doubtful("processes", `of this run: ${own}`, "a newer attempt ends them");
  const [other] = processes;
  if (other === undefined) return ok("processes", "none");
  const line = `kill ${other.pids.join(" ")}   # ${quoteWord(other.run)}`;
  return doubtful("processes", `${other.pids.length} of the run ${other.run}`, line);
}

const judges: readonly Judge[] = [software, driver, data, clock, port, disk, limits, name, storage, devices, leftovers];

/** Names of the checks, in the order of the table. */
export const checkNames = [
  "reachable",
  "software",
  "driver",
  "data",
  "clock",
  "port",
  "disk",
  "limits",
  "name",
  "storage",
  "devices",
  "processes",
] as const;

/** Judges what was found, node by node. Nodes are compared with each other, and with what the plan needs. Pure. */
export function judgeNodes(found: readonly NodeFindings[], needs: NodeNeeds): NodeCheck[][] {
  const reached = found.filter((node): node is Reached => node.facts !== undefined);
  return found.map((node) => {
    const { unreachable } = node;
    if (node.facts === undefined) {
      // The row says which node it is.
      const reason = unreachable?.message.replace(`node ${node.node}: `, "") ?? "no answer";
      return [bad("reachable", reason, unreachable?.hint ?? "")];
    }
    return [ok("reachable", "yes"), ...judges.map((judge) => judge(node as Reached, reached, needs))];
  });
}
