import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { runVenv } from "../../support/jupyter.js";

test("the engine layer's own tests pass: operators against numpy, command line, graceful exit, nothing replaced on Ascend", () => {
  const folder = mkdtempSync(join(tmpdir(), "engine-tests-"));
  try {
    const tests = join(packageRoot(), "extensions", "engine", "tests");
    const result = runVenv("python", ["-m", "pytest", "-q", "-p", "no:cacheprovider", tests], { cwd: folder });
    const verdict = result.stdout.trimEnd().split("\n").at(-1) ?? "";
    expect(result.status, `${result.stdout.slice(-6000)}${result.stderr.slice(-2000)}`).toBe(0);
    const passed = Number(/^(\d+) passed in /.exec(verdict)?.[1]);
    expect(passed, verdict).toBeGreaterThan(150);
    console.log(`engine layer: ${verdict}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
