import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { runVenv } from "../../support/jupyter.js";

it("install puts kernel and JupyterLab extension into an environment, uninstall removes both", () => {
  const prefix = mkdtempSync(join(tmpdir(), "prefix-"));
  onTestFinished(() => rmSync(prefix, { recursive: true, force: true }));
  const run = (command: string) =>
    spawnSync(process.execPath, [join(packageRoot(), "extensions/setup/bin.mjs"), command, "--prefix", prefix], {
      encoding: "utf8",
    });
  const data = join(prefix, "share", "jupyter");
  expect(run("install")).toMatchObject({ status: 0, stderr: "" });
  expect(readdirSync(join(data, "kernels"))).toEqual(["mindformers-lab"]);
  expect(readdirSync(join(data, "labextensions"))).toEqual(["mindformers-lab-jupyterlab"]);
  expect(run("uninstall").stdout).toContain("removed the JupyterLab extension");
  expect([readdirSync(join(data, "kernels")), readdirSync(join(data, "labextensions"))]).toEqual([[], []]);
});

it("listing JupyterLab's extensions shows ours, and no crash of yarn.js", () => {
  const { status, stdout, stderr } = runVenv("jupyter", ["labextension", "list"]);
  expect(status).toBe(0);
  expect(stdout + stderr).toMatch(/mindformers-lab-jupyterlab v0\.1\.0 .*enabled.*OK/);
  expect(stdout + stderr).not.toMatch(/Dynamic require|yarn\.js/);
});
