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
  const own = { directory: folder, filename: reportName() };
  hideFrom(process.report, own);
  Object.assign(process.report, { reportOnFatalError: true });
}

type Place = Record<"directory" | "filename", string>;

/** Lets the report of a fatal error go to `own`, while users see and set the place of the reports they write. */
function hideFrom(report: NodeJS.ProcessReport, own: Place): void {
  const users: Place = { directory: report.directory, filename: report.filename };
  const put = (place: Place): void => {
    for (const name of ["directory", "filename"] as const) native[name].set?.call(report, place[name]);
  };
  const native = {
    directory: Object.getOwnPropertyDescriptor(report, "directory") ?? {},
    filename: Object.getOwnPropertyDescriptor(report, "filename") ?? {},
  };
  put(own);
  for (const name of ["directory", "filename"] as const)
    Object.defineProperty(report, name, {
      get: () => users[name],
      // Node's setter rejects values that are no text.
      set: (value: string) => {
        native[name].set?.call(report, value);
        users[name] = value;
        put(own);
      },
      configurable: true,
      enumerable: true,
    });
  const write = report.writeReport.bind(report) as (...given: unknown[]) => string;
  report.writeReport = (...given: unknown[]) => {
    put(users);
    try {
      return write(...given);
    } finally {
      put(own);
    }
  };
}

/** Calls `onFatal` when the report of this process appears, and deletes the report. */
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
