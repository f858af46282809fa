import { cpus, freemem, hostname, totalmem } from "node:os";
import { now } from "../core/clock.js";
import { descendants, processorTime, readText } from "../core/process-tree.js";

/**
 * Field names of ipykernel's usage_reply, which the front ends' resource monitors read. Sizes in bytes, shares in
 * percent.
 */
export interface Usage {
  readonly hostname: string;
  readonly pid: number;
  /**
   * Processor time of the kernel and its child processes since the last measurement, in percent of one processor; may
   * be above 100.
   */
  readonly kernel_cpu: number;
  /** Resident memory of the kernel and its child processes. */
  readonly kernel_memory: number;
  readonly cpu_count: number;
  readonly host_cpu_percent: number;
  readonly host_virtual_memory: {
    readonly total: number;
    readonly available: number;
    readonly used: number;
    readonly free: number;
    readonly percent: number;
  };
}

/** Returns a function that measures; shares of processors are those since its last call. */
export function createUsageMeter(pid = process.pid): () => Usage {
  const measure = () => ({ at: now(), cpu: ownTime() + childrenTime(pid), host: hostTimes() });
  let last = measure();
  return () => {
    const now = measure();
    const kernelCpu = (100 * (now.cpu - last.cpu)) / Math.max(1, now.at - last.at);
    const total = now.host.total - last.host.total;
    const hostCpu = total <= 0 ? 0 : (100 * (now.host.busy - last.host.busy)) / total;
    last = now;
    return {
      hostname: hostname(),
      pid,
      kernel_cpu: rounded(kernelCpu),
      kernel_memory: process.memoryUsage.rss() + childrenMemory(pid),
      cpu_count: cpus().length,
      host_cpu_percent: rounded(hostCpu),
      host_virtual_memory: hostMemory(),
    };
  };
}

function rounded(percent: number): number {
  return Math.round(Math.max(0, percent) * 10) / 10;
}

/** Processor time of this process in ms. */
function ownTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Processor time in ms of all processes below `pid`: those that run, and those that ended and were waited for. */
function childrenTime(pid: number): number {
  const ended = processorTime(pid).children;
  return descendants(pid).reduce((sum, child) => {
    const { own, children } = processorTime(child);
    return sum + own + children;
  }, ended);
}

function hostTimes(): { readonly busy: number; readonly total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    total += all;
    busy += all - times.idle;
  }
  return { busy, total };
}

function hostMemory(): Usage["host_virtual_memory"] {
  const total = totalmem();
  const free = freemem();
  const available = availableMemory() ?? free;
  const used = total - available;
  return { total, available, used, free, percent: rounded((100 * used) / total) };
}

/** Memory that a program could get without swapping: Linux counts its caches as such, Node's `freemem` may not. */
function availableMemory(): number | undefined {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readText("/proc/meminfo"))?.[1];
  return line === undefined ? undefined : Number(line) * 1024;
}

/** Resident memory of all processes below `pid`; 0 where there is no /proc to look it up. */
function childrenMemory(pid: number): number {
  let bytes = 0;
  for (const child of descendants(pid)) {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${child}/status`))?.[1];
    bytes += Number(kilobytes ?? 0) * 1024;
  }
  return bytes;
}
