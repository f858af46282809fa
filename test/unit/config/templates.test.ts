import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listTemplates, openConfig } from "../../../src/config/open.js";
import { templateCatalog } from "../../../src/config/templates/catalog.js";
import { isSection } from "../../../src/config/text/values.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { meshDevices, readMesh } from "../../../src/model/layout/mesh.js";
import { countParameters } from "../../../src/model/parameters.js";
import { knownShape } from "../../../src/model/read-shape.js";
import { displayKey } from "../../../src/view/display-contract.js";

const folder = join(packageRoot(), "src", "config", "templates");

test("every template's file is in the list and the other way round", async () => {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).map((file) => file.slice(0, -5));
  expect([...(await listTemplates())].sort()).toEqual(files.sort());
});

test("each template's mesh needs the devices that the list tells, and passes the check for them", async () => {
  for (const { name, devices, device } of templateCatalog) {
    const config = await openConfig(name);
    expect(meshDevices(readMesh((path) => config.get(path))), name).toBe(devices);
    const memoryPerDevice = device === "CPU" ? undefined : 64 * 2 ** 30;
    const issues = config.check({ device, devices, memoryPerDevice });
    expect(
      issues.filter(({ severity }) => severity !== "advice"),
      name,
    ).toEqual([]);
  }
});

test("each template's parameters are those that its model has", async () => {
  for (const { name, parameters } of templateCatalog) {
    const model = (await openConfig(name)).get("model.model_config");
    const shape = isSection(model) && model.model_type === "deepseek_v3" ? knownShape(model) : undefined;
    if (shape !== undefined) expect([name, countParameters(shape).total]).toEqual([name, parameters]);
  }
});

test("the list shows itself: name, devices, parameters, purpose", async () => {
  const text = String((await listTemplates())[displayKey]()["text/plain"]);
  expect(text).toMatch(/pretrain_deepseek3_671b +256 NPUs +682\.6 B +DeepSeek-V3/);
  expect(text).toMatch(/pretrain_deepseek3_tiny_cpu +2 processes on CPU +8\.\d M/);
});

test("templates are written in our own words: each starts with what it is for, and names no other project's paths", async () => {
  for (const name of await listTemplates()) {
    const text = await readFile(join(folder, `${name}.yaml`), "utf8");
    expect(text, name).toMatch(/^# .{30,}/);
    expect(text, name).not.toMatch(/https?:/);
  }
});
