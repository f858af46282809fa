import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../ports.js";
import type { Machines } from "./machines.js";

/** A real Slurm: munged and slurmctld here, a slurmd on each machine. */
export interface Slurm {
  /** Value of SLURM_CONF, which Slurm's commands need. */
  readonly config: string;
  close(): Promise<void>;
}

function configText(place: string, machines: Machines, ports: { control: number; daemon: number }): string {
  const nodes = machines.all.map(({ name, address }) => {
    const where = `NodeName=${name} NodeHostname=${name} NodeAddr=${address} Port=${ports.daemon}`;
    return `${where} CPUs=2 RealMemory=4000 State=UNKNOWN`;
  });
  return [
    "ClusterName=lab",
    `SlurmctldHost=${hostname().split(".")[0]}(${machines.gateway})`,
    `SlurmctldPort=${ports.control}`,
    "SlurmUser=root",
    "SlurmdUser=root",
    "AuthType=auth/munge",
    `AuthInfo=socket=${place}/munge/socket`,
    "CredType=cred/munge",
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "MpiDefault=none",
    "SwitchType=switch/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core",
    "ReturnToService=2",
    "SlurmdParameters=config_overrides",
    "SchedulerParameters=bf_interval=2,sched_min_interval=100000",
    "SlurmdTimeout=10",
    "KillWait=5",
    "MinJobAge=3600",
    `StateSaveLocation=${place}/state`,
    `SlurmdSpoolDir=${place}/spool/%n`,
    `SlurmctldPidFile=${place}/slurmctld.pid`,
    `SlurmdPidFile=${place}/slurmd-%n.pid`,
    `SlurmctldLogFile=${place}/slurmctld.log`,
    `SlurmdLogFile=${place}/slurmd-%n.log`,
    "AccountingStorageType=accounting_storage/none",
    ...nodes,
    "PreemptType=preempt/partition_prio",
    "PreemptMode=CANCEL",
    "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1",
    "PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=9",
    "",
  ].join("\n");
}

/** Starts a process in the foreground; the returned function ends it. */
function daemon(argv: readonly string[], environment: Record<string, string>): () => Promise<void> {
  const child = spawn(argv[0] as string, argv.slice(1), {
    stdio: "ignore",
    env: { ...process.env, ...environment },
  });
  const gone = once(child, "exit");
  return async () => {
    child.kill("SIGKILL");
    await gone;
  };
}

/** Starts Slurm on the machines. Needs root and what the tests' set-up installs; changes nothing in /etc. */
export async function startSlurm(machines: Machines): Promise<Slurm> {
  const place = mkdtempSync(join(tmpdir(), "slurm-"));
  chmodSync(place, 0o755);
  for (const name of ["munge", "state", "spool"]) mkdirSync(join(place, name), { mode: 0o711 });
  writeFileSync(join(place, "munge/key"), randomBytes(1024), { mode: 0o600 });
  const config = join(place, "slurm.conf");
  writeFileSync(config, configText(place, machines, { control: await freePort(), daemon: await freePort() }));
  const environment = { SLURM_CONF: config };
  const munge = ["key-file=key", "socket=socket", "pid-file=pid", "log-file=log", "seed-file=seed"].map((option) => {
    const [name, file] = option.split("=");
    return `--${name}=${place}/munge/${file}`;
  });
  const ends = [daemon(["/usr/sbin/munged", "--foreground", ...munge, "--num-threads=2"], environment)];
  await until(() => execFileSync("munge", ["--socket", `${place}/munge/socket`, "-n"], { stdio: "ignore" }));
  ends.push(daemon(["/usr/sbin/slurmctld", "-D", "-c"], environment));
  for (const { name } of machines.all) {
    mkdirSync(join(place, "spool", name));
    ends.push(daemon([...machines.enter(name), "/usr/sbin/slurmd", "-D", "-N", name], environment));
  }
  await until(() => {
    const idle = execFileSync("sinfo", ["-h", "-t", "idle", "-o", "%D"], { env: { ...process.env, ...environment } });
    if (Number(idle.toString()) !== machines.all.length) throw new Error(`idle nodes: ${idle}`);
  });
  return {
    config,
    async close() {
      for (const end of ends.reverse()) await end();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** Tries until it works, for at most 30 s. */
async function until(work: () => void): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return work();
    } catch (error) {
      if (tries > 150) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
