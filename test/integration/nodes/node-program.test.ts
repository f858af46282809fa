import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";

it("the node program's own tests pass on the system's Python, which has nothing installed", () => {
  const words = ["-B", "-m", "unittest", "discover", "-s", join(packageRoot(), "extensions/node/tests")];
  const { status, stderr } = spawnSync("/usr/bin/python3", words, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/Ran 1\d tests/);
});
