import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
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
