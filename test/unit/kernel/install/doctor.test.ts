import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { formatCheck } from "../../../../kernel/install/check.js";
import { examine } from "../../../../kernel/install/doctor.js";
import { checkKernelspec } from "../../../../kernel/install/kernelspec-checks.js";
import { checkNode, checkPackages } from "../../../../kernel/install/program-checks.js";
import { tryKernel } from "../../../../kernel/install/trial.js";
import { packageRoot } from "../../../../src/core/package-root.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const standIn = [process.execPath, join(packageRoot(), "test", "support", "stand-in-kernel.mjs"), "{connection_file}"];
const wanted = (name = "k") => ({ place: { kind: "prefix", prefix: folder } as const, name });
const specFile = (name = "k") => join(folder, "share", "jupyter", "kernels", name, "kernel.json");

function writeSpec(argv: unknown): void {
  mkdirSync(dirname(specFile()), { recursive: true });
  writeFileSync(specFile(), JSON.stringify({ argv }));
}

it("a Node that is too old is named, with the one that is wanted", () => {
  expect(checkNode(">=20.19", "20.19.0").isGood).toBe(true);
  expect(checkNode(">=20.19", "22.1.0").isGood).toBe(true);
  expect(checkNode(">=20.19", "20.18.1")).toMatchObject({ isGood: false, found: "expected >=20.19, found 20.18.1" });
});

it("packages that are missing are named, with the line that installs them", () => {
  mkdirSync(join(folder, "node_modules", "a"), { recursive: true });
  writeFileSync(join(folder, "node_modules", "a", "package.json"), "{}");
  mkdirSync(join(folder, "inner"));
  expect(checkPackages(["a"], join(folder, "inner")).isGood).toBe(true);
  expect(formatCheck(checkPackages(["a", "b", "@c/d"], folder))).toBe(
    `✗ Node packages: expected 3, found 1; missing: b, @c/d\n    fix: cd ${folder} && npm install`,
  );
});

it("a kernel specification that is missing, unreadable or leads to nothing is reported with the install line of the same place", () => {
  const checked = () => checkKernelspec(wanted(), "/p").checks.map(formatCheck);
  const cure = `fix: npx mindformers-lab install --prefix ${folder} --name k`;
  expect(checked().join()).toBe(
    `✗ Kernel specification: expected a kernel.json, found none in ${dirname(specFile())}\n    ${cure}`,
  );
  writeSpec(["node", "start"]);
  expect(checked().join()).toContain("expected argv with {connection_file}");
  writeSpec([process.execPath, "/gone/main.js", "start", "{connection_file}"]);
  expect(checked()).toEqual([
    `✓ Kernel specification: ${dirname(specFile())}`,
    `✗ Its program: expected /gone/main.js, found no such file\n    ${cure}`,
  ]);
});

it("a kernel of another checkout is good, and named as such", () => {
  writeSpec(standIn);
  const { checks, argv } = checkKernelspec(wanted(), "/p");
  expect(argv).toEqual(standIn);
  expect(checks[1]).toMatchObject({
    isGood: true,
    found: expect.stringContaining("(not that of this package, /p/dist/kernel/main.js)"),
  });
});

it("a kernel is started, asked, given a cell and shut down; each check is one line", async () => {
  writeSpec(standIn);
  const lines: string[] = [];
  expect(await examine(wanted(), packageRoot(), (line) => lines.push(line))).toBe(true);
  expect(lines.map((line) => line.split(":")[0])).toEqual([
    "✓ Node.js",
    "✓ Node packages",
    "✓ zeromq",
    "✓ Kernel specification",
    "✓ Its program",
    "✓ A kernel",
  ]);
  expect(lines.at(-1)).toMatch(/answers after \d+\.\d s, first result after \d+\.\d s$/);
});

it("a kernel that ends at once is reported with its exit code, its last words and the line to see them", async () => {
  const check = await tryKernel([
    process.execPath,
    "-e",
    "console.error('no sockets'); process.exit(3)",
    "{connection_file}",
  ]);
  expect(check).toMatchObject({
    isGood: false,
    found: "expected one that starts and answers, found: it ended with exit code 3: no sockets",
  });
  expect(check.cure).toContain("-e");
  expect((await tryKernel([join(folder, "nothing"), "{connection_file}"])).found).toContain("ENOENT");
});
