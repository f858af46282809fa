import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { launchChecker } from "../../../../kernel/evaluate/checker/process/link.js";
import { builtFile } from "../../../../src/core/package-root.js";
import { type Cells, openCells } from "../../../support/cells.js";

const plain = [builtFile("kernel/evaluate/checker/process/main.js")];
let cells: Cells | undefined;
afterEach(async () => {
  await cells?.close();
  cells = undefined;
});

/** Process ids of the type checkers of a kernel. */
function checkersOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return children.filter((child) => /checker/.test(readFileSync(`/proc/${child}/cmdline`, "utf8")));
}

it.runIf(process.platform === "linux")(
  "a type checker that dies is started again, and knows what earlier cells have declared",
  async () => {
    cells = await openCells();
    await cells.run("const kept: number = 1; interface Kept { a: string }");
    const [first] = checkersOf(cells.pid);
    process.kill(first ?? 0, "SIGKILL");
    const { failure } = await cells.run("const wrong: Kept = { a: kept }");
    expect(failure?.evalue).toContain("Type 'number' is not assignable to type 'string'");
    expect((await cells.run("kept + 1")).text).toBe("2");
    expect(checkersOf(cells.pid)).not.toEqual([first]);
  },
);

it("works alike without a snapshot, only later", async () => {
  cells = await openCells({ environment: { MINDFORMERS_LAB_SNAPSHOT: "off" } });
  expect((await cells.run("import { basename } from 'node:path'; basename('/a/b')")).text).toBe("'b'");
  expect((await cells.run("const wrong: number = 'a'")).failure?.evalue).toContain("(line 1, column 7)");
});

it("a snapshot that Node refuses is done without", async () => {
  const folder = mkdtempSync(join(tmpdir(), "snapshot-"));
  const blob = join(folder, "checker-broken.blob");
  writeFileSync(blob, "not a snapshot");
  const link = launchChecker({ plain, fast: ["--snapshot-blob", blob] });
  try {
    expect(await link.ask({ kind: "isComplete", code: "f(" })).toEqual({ status: "incomplete", indent: "  " });
  } finally {
    link.close();
    rmSync(folder, { recursive: true });
  }
});

it.runIf(process.platform === "linux")(
  "certificates for the network are the kernel's affair: the type checker does not read them at its start",
  async () => {
    const file = "/etc/no-such-certificates.pem";
    cells = await openCells({ environment: { NODE_EXTRA_CA_CERTS: file } });
    expect((await cells.run("process.env.NODE_EXTRA_CA_CERTS")).text).toBe(`'${file}'`);
    const [checker] = checkersOf(cells.pid);
    expect(readFileSync(`/proc/${checker}/environ`, "utf8")).not.toContain("NODE_EXTRA_CA_CERTS");
  },
);

it("tslab's converter can be chosen instead: MINDFORMERS_LAB_EVALUATOR=tslab", async () => {
  cells = await openCells({ environment: { MINDFORMERS_LAB_EVALUATOR: "tslab" } });
  await cells.run("let total = 1; function add(n: number) { return total + n }");
  expect((await cells.run("total = 5; await Promise.resolve(add(2))")).text).toBe("7");
  expect((await cells.run("const wrong: number = 'a'")).failure?.ename).toBe("TypeScriptError");
  expect((await cells.complete("tot")).matches.map(({ text }) => text)).toContain("total");
});

it("the build makes a snapshot for this Node, if it isn't there", () => {
  const program = builtFile("kernel/evaluate/checker/snapshot/build.js");
  execFileSync(process.execPath, [program]);
  expect(() => execFileSync(process.execPath, [program, "--check"])).not.toThrow();
}, 120_000);
