import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { projectPython } from "../../support/project-python.js";

const script = `
from importlib.metadata import distributions
from packaging.specifiers import SpecifierSet
for one in distributions():
    needed = one.metadata.get("Requires-Python")
    if needed and not SpecifierSet(needed).contains("3.11.2"):
        print(one.metadata["Name"], needed)
`;

it("the set-up failed with Debian 12's own Python, 3.11.2, which one pinned package refused", () => {
  expect(execFileSync(projectPython(), ["-c", script], { encoding: "utf8" })).toBe("");
});
