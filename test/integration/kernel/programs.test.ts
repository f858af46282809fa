import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builtFile } from "../../../src/core/package-root.js";
import { createKernelWorld, type KernelWorld } from "../../support/kernelspec.js";

let world: KernelWorld;
beforeAll(() => {
  world = createKernelWorld();
  const cell = (source: string) => ({
    cell_type: "code",
    execution_count: null,
    id: source.slice(0, 8).replace(/\W/g, "-"),
    metadata: {},
    outputs: [],
    source,
  });
  const notebook = {
    cells: [
      cell("const rows = [{ step: 1, loss: 2.5 }, { step: 2, loss: 2.25 }];\nrows"),
      cell(
        "console.log('from node', process.versions.node.split('.')[0]);\n" +
          "for (let i = 0; i < 3000; i++) console.log('line', i);",
      ),
      cell("cell.interactive"),
    ],
    metadata: {
      kernelspec: { name: "mindformers-lab", display_name: "TypeScript (MindFormers)", language: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  writeFileSync(join(world.folder, "book.ipynb"), JSON.stringify(notebook));
});
afterAll(() => world.remove());

const jupyter = (...args: string[]) => world.python(["-m", "jupyter", ...args]);

it("jupyter kernelspec list names the kernel, where it was installed", async () => {
  const { stdout } = await jupyter("kernelspec", "list", "--json");
  const { kernelspecs } = JSON.parse(stdout);
  expect(kernelspecs["mindformers-lab"].resource_dir).toBe(join(world.folder, "share/jupyter/kernels/mindformers-lab"));
  expect(kernelspecs["mindformers-lab"].spec).toMatchObject({ language: "typescript", interrupt_mode: "message" });
});

it("nbconvert --execute runs a notebook; tables, every line and the values are in its HTML", async () => {
  const { status, stderr } = await jupyter(
    "nbconvert",
    "--execute",
    "--to",
    "html",
    "--output",
    "book.html",
    "book.ipynb",
  );
  expect(status, stderr).toBe(0);
  const html = readFileSync(join(world.folder, "book.html"), "utf8");
  expect(html).toContain("<th>loss</th>");
  expect(html.match(/\bline \d+\b/g)).toHaveLength(3000);
  expect(html).toContain("line 2999");
  expect(html).toMatch(/<pre>false<\/pre>|>false</);
});

it("jupyter execute runs it in place", async () => {
  const { status, stderr } = await jupyter("execute", "--inplace", "book.ipynb");
  expect(status, stderr).toBe(0);
  const { cells } = JSON.parse(readFileSync(join(world.folder, "book.ipynb"), "utf8"));
  expect(cells[0].outputs[0].data["text/html"].join("")).toContain("<td");
  expect(cells.map((one: { execution_count: number }) => one.execution_count)).toEqual([1, 2, 3]);
});

it("uninstall removes what install wrote, under whatever name", () => {
  const program = builtFile("kernel/main.js");
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args, "--prefix", world.folder, "--name", "my-ts"], { encoding: "utf8" });
  const folder = join(world.folder, "share/jupyter/kernels/my-ts");
  expect(run("install").stdout).toContain(`installed the kernel my-ts in ${folder}`);
  expect(existsSync(join(folder, "kernel.json"))).toBe(true);
  expect(run("uninstall").stdout).toContain(`removed ${folder}`);
  expect(existsSync(folder)).toBe(false);
});
