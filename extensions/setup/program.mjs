// Runs other programs for the set-up. Their output goes into a log file; a failure becomes an error with its cure.
import { spawn, spawnSync } from "node:child_process";

/** An expected failure of the set-up: what is wrong and the command that cures it. */
export class SetupError extends Error {
  constructor(message, cure) {
    super(message);
    this.cure = cure;
  }
}

/** First line that a program prints, or undefined if it can't be run. */
export function firstLine(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return status === 0 ? (stdout || stderr).trim().split("\n")[0] : undefined;
}

/**
 * Runs a program with its output on the terminal; resolves to its exit code (128 + signal number if it was killed).
 * With `detached` only the signals that are forwarded reach it, each once; without, the terminal sends it Ctrl-C too.
 */
export function run(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"], ...options });
  const forward = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", ...(options.detached ? ["SIGHUP"] : [])];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      for (const each of signals) process.off(each, forward);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

/** Waits for all of them, also if one fails; then the first failure is thrown. */
export async function allOrFirstFailure(promises) {
  const failed = (await Promise.allSettled(promises)).find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
}

/** Calls `take` with every whole line of a stream. */
function eachLine(stream, take) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) take(line);
  });
  stream.on("end", () => {
    if (rest !== "") take(rest);
  });
}

const keptLines = 200;

/** Programs of mustRun that run now; each leads a process group, so that it can be ended with all that it started. */
const running = new Set();
let interrupted = false;
const endsWithin = 2000;

function signalGroups(children, signal) {
  for (const { pid } of children) {
    try {
      process.kill(-pid, signal);
    } catch {
      // The group has ended meanwhile.
    }
  }
}

/**
 * Until the returned function is called, a signal that ends the set-up ends its programs with all that they started,
 * and prints `words` as the last line.
 */
export function endOnInterrupt(words) {
  const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
  const end = async (signal) => {
    if (interrupted) return;
    interrupted = true;
    const deadline = Date.now() + endsWithin;
    const children = [...running];
    signalGroups(children, "SIGTERM");
    while (running.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    signalGroups(children, "SIGKILL");
    console.error(`\n${words}`);
    process.exit(signals[signal]);
  };
  for (const signal of Object.keys(signals)) process.on(signal, end);
  return () => {
    for (const signal of Object.keys(signals)) process.off(signal, end);
  };
}

/**
 * Like run, but anything else than exit code 0 is a SetupError with the last lines of the output; `cures` maps a
 * pattern in the output to a better cure. The output goes into `report.log`; `onLine` sees every line.
 */
export async function mustRun(program, args, { what, cure, cures = [], report, onLine, ...options }) {
  const tail = [];
  report?.log.write(`$ ${[program, ...args].join(" ")}\n`);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
  if (child.pid !== undefined) running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    eachLine(stream, (line) => {
      report?.log.write(`${line}\n`);
      tail.push(line);
      if (tail.length > keptLines) tail.shift();
      onLine?.(line);
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  }).finally(() => running.delete(child));
  // Not a failure of the program, and no step may begin after it.
  if (interrupted) await new Promise(() => {});
  if (code === 0) return;
  const text = tail.join("\n");
  const known = cures.find(({ pattern }) => pattern.test(text));
  const last = tail.slice(-6).map((line) => `\n    ${line}`);
  const reason = known ? `: ${known.meaning}` : "";
  throw new SetupError(`${what} ended with exit code ${code}${reason}${last.join("")}`, known?.cure ?? cure);
}

/** What commonly goes wrong while packages are fetched and written. */
export const fetchCures = [
  {
    pattern: /ENOSPC|No space left on device/i,
    meaning: "the disk is full",
    cure: "free at least 8 GB (df -h .), then run the command again",
  },
  {
    pattern: new RegExp(
      [
        "ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|NewConnectionError",
        "Name or service not known|name resolution|Read timed out",
      ].join("|"),
      "i",
    ),
    meaning: "the package registry can't be reached",
    cure: "check the network or the proxy (npm config get registry; pip config list), then run the command again",
  },
  {
    pattern: /EACCES|Permission denied/i,
    meaning: "no permission to write a folder",
    cure: "make the project folder yours: sudo chown -R $(id -u) . , then run the command again",
  },
];
