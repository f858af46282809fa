import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";

const setup = (name: string) => JSON.stringify(pathToFileURL(join(packageRoot(), "extensions", "setup", name)).href);

/** Runs one step of a set-up whose program prints many lines and ends with an exit code. */
function step(title: string, exitCode: number) {
  const log = join(packageRoot(), ".setup", "logs", `${title}.log`);
  onTestFinished(() => rmSync(log, { force: true }));
  const noise = `for (let i = 0; i < 317; i++) console.log("line " + i); process.exitCode = ${exitCode};`;
  const script = `
    import { mustRun } from ${setup("program.mjs")};
    import { begin } from ${setup("reporter.mjs")};
    const report = begin("[1/1] ${title}", { title: "${title}", detail: "a noisy program", usually: 90 });
    try {
      const about = { report, what: "the program", cure: "try again" };
      await mustRun(process.execPath, ["-e", ${JSON.stringify(noise)}], about);
      report.done();
    } catch (error) {
      report.failed();
      console.log(error.message, "| cure:", error.cure, "| log:", report.logPath);
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: packageRoot(),
    encoding: "utf8",
  });
  return { lines: stdout.trim().split("\n"), stderr, log: () => readFileSync(log, "utf8") };
}

test("a step whose program prints 317 lines prints two: what begins with how long it takes, and its end", () => {
  const { lines, stderr, log } = step("test-quiet", 0);
  expect(stderr).toBe("");
  expect(lines).toEqual([
    "→ [1/1] test-quiet: a noisy program; usually 1 min 30 s",
    expect.stringMatching(/^✓ \[1\/1\] test-quiet: done in \d+ s$/),
  ]);
  expect(log().match(/^line \d+$/gm)).toHaveLength(317);
});

test("a step that fails shows the last lines, the exit code, the cure, and where the whole output is", () => {
  const text = step("test-failing", 3).lines.join("\n");
  expect(text).toMatch(/✗ \[1\/1\] test-failing: failed after/);
  expect(text).toContain("the program ended with exit code 3");
  expect(text).toContain("line 316");
  expect(text).not.toContain("line 300");
  expect(text).toContain("| cure: try again | log: .setup/logs/test-failing.log");
});

/** Runs `main.mjs` with these arguments. */
function main(...args: string[]) {
  const program = join(packageRoot(), "extensions", "setup", "main.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  return { status, text: stdout + stderr };
}

test("a command that does not exist is refused with those that do and the nearest, not with a TypeError", () => {
  const names = "setup, start, lab, test, or campaign";
  expect(main("strat")).toEqual({
    status: 1,
    text: `\n✗ expected a command (${names}), found "strat"\n  fix: did you mean start? npm start\n`,
  });
  expect(main("constructor").text).toContain('found "constructor"\n  fix: npm start');
  expect(main().text).toContain("found none");
});

test("Ctrl-C in the set-up ends the step's program with all that it started, and says how to continue", async () => {
  const grandchild = "setInterval(() => undefined, 1000)";
  const program = `
    const { spawn } = require("node:child_process");
    const { pid } = spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: "ignore" });
    console.log(pid);
    setInterval(() => undefined, 1000);`;
  const script = `
    import { endOnInterrupt, mustRun } from ${setup("program.mjs")};
    endOnInterrupt("interrupted; npm start continues where it was");
    const about = { what: "the program", cure: "try again", onLine: (line) => console.log(line) };
    try {
      await mustRun(process.execPath, ["-e", ${JSON.stringify(program)}], about);
    } catch (error) {
      console.log("failed", error.message);
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd: packageRoot() });
  let [pid, text] = [0, ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    if (pid === 0) pid = Number(chunk);
    else text += chunk;
    child.kill("SIGINT");
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(130);
  expect(text).toBe("\ninterrupted; npm start continues where it was\n");
  // A process that ended may stay as a zombie until its new parent takes notice.
  const state = () => (existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2] : "Z");
  await expect.poll(state).toBe("Z");
});
