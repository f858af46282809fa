import { readFile } from "node:fs/promises";
import { identityOf } from "../../../core/liveness/process-identity.js";
import { type FoundProcess, MarkedProcesses } from "../../../core/liveness/process-table.js";
import { attemptVariable } from "../../record/layout.js";
import type { NodeMetrics, NodeProcess } from "../node.js";

type Role = Pick<NodeProcess, "role" | "rank">;

/** msrun gives workers MS_ROLE and RANK_ID; their children inherit both, and msrun's `tail` of a log has them, too. */
function roleOf({ environment, command, stat }: FoundProcess, byPid: ReadonlyMap<number, FoundProcess>): Role {
  const role = environment.MS_ROLE;
  const parent = byPid.get(stat.parent);
  if (role === undefined) return { role: parent ? "other" : "launcher" };
  if (/(^|\/)tail -f /.test(command)) return { role: "other" };
  if (parent?.environment.MS_ROLE === role) return { role: "other" };
  return role === "MS_WORKER" ? { role: "worker", rank: Number(environment.RANK_ID ?? 0) } : { role: "scheduler" };
}

const order = { launcher: 0, scheduler: 1, worker: 2, other: 3 } as const;

/** Processes of a run on this machine. */
export class LocalProcesses {
  readonly key: string;
  readonly value: string;
  readonly #marked: MarkedProcesses;

  constructor([key, value]: readonly [key: string, value: string]) {
    this.key = key;
    this.value = value;
    this.#marked = new MarkedProcesses(key, value);
  }

  /** The launcher first, then scheduler, workers by rank, and what they started. */
  async find(): Promise<NodeProcess[]> {
    const found = await this.#marked.find();
    const byPid = new Map(found.map((each) => [each.pid, each]));
    const processes = found.map((each): NodeProcess => {
      const attempt = Number(each.environment[attemptVariable]);
      const more = Number.isInteger(attempt) ? { attempt } : {};
      const { command, pid, stat } = each;
      return { ...identityOf(pid, stat.startTicks), ...roleOf(each, byPid), ...more, command, state: stat.state };
    });
    return processes.sort((a, b) => order[a.role] - order[b.role] || (a.rank ?? 0) - (b.rank ?? 0) || a.pid - b.pid);
  }

  /** Resident memory and processor time of the workers. */
  async usage(): Promise<NodeMetrics["ranks"]> {
    const workers = (await this.find()).filter(({ role }) => role === "worker");
    return Promise.all(
      workers.map(async ({ pid, rank = 0 }) => {
        const [status, stat] = await Promise.all([
          readFile(`/proc/${pid}/status`, "latin1").catch(() => ""),
          readFile(`/proc/${pid}/stat`, "latin1").catch(() => ""),
        ]);
        const fields = stat.replace(/^.*\)/s, "").trim().split(" ");
        const memoryBytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
        return { rank, memoryBytes, cpuSeconds: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100 };
      }),
    );
  }
}
