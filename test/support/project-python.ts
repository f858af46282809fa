import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { packageRoot } from "../../src/core/package-root.js";

/** The Python of the project's own environment; the set-up makes it. */
export function projectPython(): string {
  const python = join(packageRoot(), ".venv", "bin", "python");
  if (!existsSync(python)) throw new Error(`no ${python}: run npm run setup`);
  return python;
}

/** Runs a Python script of the tests in `cwd` and parses the last line that it prints as JSON. */
export function runPython<T>(script: string, args: readonly string[], cwd: string): Promise<T> {
  const file = join(packageRoot(), "test", script);
  return new Promise((done, fail) => {
    execFile(projectPython(), [file, ...args], { cwd, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error) fail(new Error(`${script} ${args.join(" ")}: ${error.message}\n${stderr.slice(-4000)}`));
      else done(JSON.parse(stdout.trimEnd().split("\n").at(-1) as string) as T);
    });
  });
}

/** A Python script of the tests that reads its standard input while we write it. */
export interface RunningPython {
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** Closes its input, waits for its end and parses the last line that it prints as JSON. */
  end<T>(): Promise<T>;
}

/** Starts a Python script of the tests in `cwd`. */
export function startPython(script: string, cwd: string): RunningPython {
  const child = spawn(projectPython(), [join(packageRoot(), "test", script)], { cwd });
  let printed = "";
  let trouble = "";
  child.stdout.on("data", (data) => {
    printed += data;
  });
  child.stderr.on("data", (data) => {
    trouble += data;
  });
  child.stdin.on("error", () => {}); // the exit code tells
  const closed = once(child, "close");
  return {
    async write(text) {
      if (!child.stdin.write(text) && child.exitCode === null) await Promise.race([once(child.stdin, "drain"), closed]);
    },
    async end<T>() {
      child.stdin.end();
      const [code] = await closed;
      if (code !== 0) throw new Error(`${script} ended with ${code}\n${trouble.slice(-4000)}`);
      return JSON.parse(printed.trimEnd().split("\n").at(-1) as string) as T;
    },
  };
}

/** A file of the data that is shared beside the project (`../shared`, or `MF_LAB_SHARED`); fails if it is not there. */
export function sharedFile(path: string): string {
  const folder = process.env.MF_LAB_SHARED ?? resolve(packageRoot(), "..", "shared");
  const file = join(folder, path);
  if (!existsSync(file)) throw new Error(`no ${file}: set MF_LAB_SHARED to the folder that holds ${path}`);
  return file;
}
