import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { installKernelspec, uninstallKernelspec } from "../../../../kernel/install/install.js";

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kernelspec-"));
  folder = join(root, "kernels", "k");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const program = "/p/dist/kernel/main.js";
const install = (node = "/bin/node") => installKernelspec({ folder, node, program });
const argv = () => JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")).argv;

it("writes kernel.json and logos, and no temporary file stays", async () => {
  await install();
  expect(readdirSync(folder).sort()).toEqual(["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]);
  const png = readFileSync(join(folder, "logo-64x64.png"));
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([64, 64]);
  expect(readFileSync(join(folder, "logo-svg.svg"), "utf8")).toMatch(/^<svg .*<\/svg>\n$/s);
});

it("installing again replaces the old one", async () => {
  await install();
  await install("/other/node");
  expect(argv()).toEqual(["/other/node", program, "start", "{connection_file}"]);
});

it("a folder that cannot be written is an error with a cure, and nothing half-written is left", async () => {
  writeFileSync(join(root, "kernels"), "a file in the way");
  await expect(install()).rejects.toThrow(/kernelspec folder .*: expected a folder that can be written, found /);
  expect(readdirSync(root)).toEqual(["kernels"]);
});

it("uninstall removes our kernelspec, says false if there is none, and leaves other kernels alone", async () => {
  await install();
  expect(await uninstallKernelspec(folder)).toBe(true);
  expect(readdirSync(join(root, "kernels"))).toEqual([]);
  expect(await uninstallKernelspec(folder)).toBe(false);
  await install();
  writeFileSync(join(folder, "kernel.json"), JSON.stringify({ argv: ["python", "-m", "ipykernel_launcher"] }));
  await expect(uninstallKernelspec(folder)).rejects.toThrow("found another kernel's");
  expect(readdirSync(folder)).toContain("kernel.json");
});
