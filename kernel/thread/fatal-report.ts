import { rmSync, watch } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "../core/folders.js";

/**
 * The only sign that other threads get when the main thread's heap is full: Node writes a report before it aborts the
 * process, which takes some 40 ms. That is enough for the protocol thread to say why the kernel ends.
 */
export function reportFatalErrors(): void {
  const folder = privateFolder();
  if (folder === undefined) return;
  Object.assign(process.report, { reportOnFatalError: true, directory: folder, filename: reportName() });
}

/** Calls `onFatal` when the report of this process appears; the report itself is of no use and goes. */
export function watchFatalReport(onFatal: () => void): { close(): void } {
  const folder = privateFolder();
  if (folder === undefined) return { close() {} };
  let isSeen = false;
  return watch(folder, { persistent: false }, (_, name) => {
    if (name !== reportName() || isSeen) return;
    isSeen = true;
    onFatal();
    rmSync(join(folder, name), { force: true });
  });
}

function reportName(): string {
  return `fatal-${process.pid}.json`;
}

/** The error that the clients of a kernel with a full heap see; `limit` in bytes. */
export function outOfMemory(limit: number): { readonly ename: string; readonly evalue: string } {
  const megabytes = Math.round(limit / 1024 ** 2);
  return {
    ename: "OutOfMemoryError",
    evalue: `the JavaScript heap is full (limit ${megabytes} MB): the kernel ends, and its variables are lost
hint: work on smaller parts, or set NODE_OPTIONS=--max-old-space-size=${2 * megabytes} before you start Jupyter`,
  };
}
