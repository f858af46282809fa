import { randomUUID } from "node:crypto";
import { posix } from "node:path";
import { isLabError, LabError } from "../../../core/error.js";
import { formatCount } from "../../../core/units.js";
import { displayKey, type MimeBundle } from "../../../view/display-contract.js";
import { tableBundle } from "../../../view/table.js";
import { inParallel } from "../in-parallel.js";
import type { RemoteNode } from "../remote-node.js";
import { checkNames, judgeNodes, type NodeCheck } from "./checks.js";
import type { FileFact, NodeFacts, NodeFindings, NodeNeeds } from "./facts.js";

/** Files up to this size are read whole and compared by SHA-256; of larger ones the size is compared. */
const hashedBytes = 1024 ** 3;

export interface PreflightQuestion extends NodeNeeds {
  readonly python: string;
  /** Environment of the launch, beyond the node's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files that the training reads on every node, absolute. */
  readonly files: readonly string[];
}

/**
 * What every node of a cluster has and lacks for a run: a table node × check. A red cell keeps the run from starting.
 *
 * @example
 * const plan = await planRun(await openConfig("pretrain_deepseek3_1b"), {
 *   cluster: { device: "Ascend", hosts: ["node-1", "node-2"], devicesPerNode: 8 },
 * });
 * const { ready, findings } = await checkCluster(plan);
 */
export class Preflight {
  readonly nodes: readonly string[];
  /** Checks of each node, in the order of `nodes`. */
  readonly checks: readonly (readonly NodeCheck[])[];
  /** True if no check is an error. */
  readonly ready: boolean;

  /** @internal Use checkCluster. */
  constructor(nodes: readonly string[], checks: readonly (readonly NodeCheck[])[]) {
    this.nodes = nodes;
    this.checks = checks;
    this.ready = checks.every((row) => row.every(({ state }) => state !== "error"));
  }

  /** Every cell that is not ok, with its node. */
  get findings(): readonly (NodeCheck & { readonly node: string })[] {
    return this.nodes.flatMap((node, index) =>
      (this.checks[index] ?? []).filter(({ state }) => state !== "ok").map((check) => ({ node, ...check })),
    );
  }

  [displayKey](): MimeBundle {
    const found = this.findings;
    const note = found
      .slice(0, 20)
      .map((finding) => `${findingText(finding)}${finding.cure === "" ? "" : ` → ${finding.cure}`}`)
      .join("\n");
    const shown = checkNames.filter((name) =>
      this.checks.some((row) => row.some(({ check, found: what }) => check === name && what !== "")),
    );
    return tableBundle({
      title: this.ready
        ? `${formatCount(this.nodes.length, "node is", "nodes are")} ready`
        : "The cluster is not ready",
      columns: [{ key: "node" }, ...shown.map((key) => ({ key }))],
      rows: this.nodes.map((node, index) => ({ node, ...rowOf(this.checks[index] ?? []) })),
      ...(note !== "" && { note }),
    });
  }
}

/** A finding in one line. A node that is not reachable has only that finding. */
function findingText({ node, check, found }: NodeCheck & { readonly node: string }): string {
  return check === "reachable" ? `${node}: not reachable: ${found}` : `${node}: ${check}: ${found}`;
}

const marks = { ok: "✓", warning: "!", error: "✗" };

function rowOf(checks: readonly NodeCheck[]): Record<string, string> {
  return Object.fromEntries(checks.map(({ check, state, found }) => [check, `${marks[state]} ${found}`.trim()]));
}

async function findingsOf(node: RemoteNode, question: PreflightQuestion): Promise<NodeFindings> {
  const about = { node: node.name, nodeRank: node.nodeRank };
  const { python, environment, port, masterAddress, devicesPerNode, files } = question;
  try {
    const facts = (await node.ask("facts", {
      node: node.nodeRank,
      python,
      environment,
      port,
      master: masterAddress,
      devices: devicesPerNode,
    })) as NodeFacts;
    const hashes = (await node.ask("hash", { paths: files, largest: hashedBytes })) as (FileFact | null)[];
    return {
      ...about,
      facts,
      clockAheadMs: -node.state.clockOffsetMs,
      files: Object.fromEntries(files.map((path, index) => [path, hashes[index] ?? null])),
    };
  } catch (error) {
    if (!isLabError(error)) throw error;
    return { ...about, unreachable: { message: error.message, hint: error.hint } };
  }
}

/** Writes a file on node 0 and looks for it on the others. */
async function withStorage(nodes: readonly RemoteNode[], found: readonly NodeFindings[]): Promise<NodeFindings[]> {
  const reached = nodes.filter((_, index) => found[index]?.facts !== undefined);
  const [master, ...others] = reached;
  if (master === undefined || others.length === 0) return [...found];
  const probe = (node: RemoteNode, token: string) => posix.join(node.folder, "nodes", `storage-${token}`);
  const token = randomUUID();
  const written = await master.write(probe(master, token), "").then(
    () => true,
    () => false,
  );
  if (!written) return [...found];
  const sees = await inParallel(others, async (node) => (await node.list(probe(node, token))).length > 0);
  await master.ask("remove", { path: probe(master, token) });
  const shared = new Map(others.map((node, index) => [node.nodeRank, sees[index]]));
  return found.map((one) => {
    const outcome = shared.get(one.nodeRank);
    return { ...one, ...(outcome?.status === "fulfilled" && { seesMaster: outcome.value }) };
  });
}

/** Asks all nodes at the same time. Never throws for what a node lacks: that is what the table says. */
export async function preflight(nodes: readonly RemoteNode[], question: PreflightQuestion): Promise<Preflight> {
  const outcomes = await inParallel(nodes, (node) => findingsOf(node, question));
  const found = outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
  const checks = judgeNodes(await withStorage(nodes, found), question);
  return new Preflight(
    nodes.map(({ name }) => name),
    checks,
  );
}

/** Throws CLUSTER_NOT_READY with every red cell. */
export function requireReady(found: Preflight): void {
  if (found.ready) return;
  const red = found.findings.filter(({ state }) => state === "error");
  const lines = red.slice(0, 20).map((finding) => `- ${findingText(finding)}`);
  const more = red.length > 20 ? `\n- and ${red.length - 20} more` : "";
  throw new LabError("CLUSTER_NOT_READY", `the cluster is not ready:\n${lines.join("\n")}${more}`, {
    hint: red[0]?.cure ?? "",
    details: { findings: red },
  });
}
