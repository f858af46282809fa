import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { judgeMachine } from "../../../src/run/machine.js";
import { type MachineFacts, parseDevices, readMachine } from "../../../src/run/machine-facts.js";
import { runsFolder } from "../../support/fake-plan.js";

const facts: MachineFacts = {
  node: "20.19.0",
  pythonPath: "/p/bin/python",
  python: "3.11.7",
  mindspore: "2.9.0",
  mindformers: "1.9.0",
  launcher: "/p/bin/msrun",
  indexHelperFolder: "/p/blended_datasets",
  indexHelper: "/p/blended_datasets/helpers.cpython-311-x86_64-linux-gnu.so",
  compiler: "g++ 12",
  cores: 2,
  memoryBytes: 8 * 1024 ** 3,
  freeMemoryBytes: 4 * 1024 ** 3,
  freeDiskBytes: 9 * 1024 ** 3,
  devices: undefined,
  kernelspec: "/k",
};
const missing = (more: Partial<MachineFacts>) =>
  judgeMachine({ ...facts, ...more })
    .filter(({ state }) => state === "missing")
    .map(({ name, cure }) => [name, cure]);

it("a machine without accelerator that has everything is ready", () => {
  expect(missing({})).toEqual([]);
});

it("says for everything that is missing how to get it", () => {
  expect(missing({ python: undefined, mindspore: undefined, mindformers: undefined, launcher: undefined })).toEqual(
    ["Python environment", "MindSpore", "MindFormers", "msrun"].map((name) => [name, "npm run setup"]),
  );
  expect(missing({ compiler: undefined })).toEqual([["C++ compiler", "apt-get install g++ make"]]);
  expect(missing({ node: "20.18.1" })).toHaveLength(1);
  expect(missing({ node: "22.0.0" })).toEqual([]);
  expect(missing({ kernelspec: undefined, freeDiskBytes: 10, memoryBytes: 1024 ** 3, devices: [] })).toHaveLength(4);
});

it("gives the command that builds the engine's index helper, which every node of a cluster needs", () => {
  const cure = "PATH=/p/bin:$PATH make -C /p/blended_datasets   # on every node";
  expect(missing({ indexHelper: undefined })).toEqual([["Index helper", cure]]);
  expect(missing({ indexHelper: undefined, indexHelperFolder: undefined })).toEqual([]);
});

it("reads the devices of npu-smi's table", () => {
  const table = [
    "+----------------------------------------------------------------------------+",
    "| npu-smi 24.1.rc1           Version: 24.1.rc1                                 |",
    "| NPU   Name                | Health        | Power(W)    Temp(C)              |",
    "| 0     910B3               | OK            | 91.7        42                   |",
    "| 0                         | 0000:C1:00.0  | 0           0    / 0             |",
    "| 1     910B3               | Warning       | 89.0        43                   |",
  ].join("\n");
  expect(parseDevices(table)).toEqual(["0: 910B3 (OK)", "1: 910B3 (Warning)"]);
});

it("looks where the environment says: an empty PATH has no compiler, a foreign Python no MindSpore", async () => {
  const folder = runsFolder();
  const python = join(folder, "bin", "python");
  await mkdir(join(folder, "bin"));
  await writeFile(python, "#!/bin/sh\necho '[\"3.11.0\", null, null]'\n", { mode: 0o755 });
  const found = await readMachine({ PATH: folder, MF_LAB_PYTHON: python, JUPYTER_DATA_DIR: folder });
  expect(found).toMatchObject({ pythonPath: python, python: "3.11.0", compiler: undefined, mindspore: undefined });
  expect(found.devices).toBeUndefined();
});
