import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { meshDevices, readMesh } from "../../../src/model/layout/mesh.js";
import { type Broken, breakages } from "../../support/breakages.js";
import { pick, seededRandom } from "../../support/random.js";

const shipped = join(packageRoot(), ".venv", "lib", "python3.11", "site-packages", "configs");

test("of 200 combinations of one to four mistakes in MindFormers' own files every mistake is reported at its path, and cured", async () => {
  const random = seededRandom(97);
  const files = (await readdir(shipped, { recursive: true })).filter((file) => /pretrain.*\.yaml$/.test(file)).sort();
  const missed: string[] = [];
  const left: string[] = [];
  const rules = new Set<string>();
  let mistakes = 0;
  for (let count = 0; count < 200; count++) {
    const file = pick(files, random);
    const config = await openConfig(join(shipped, file));
    const mesh = readMesh((path) => config.get(path));
    const facts = { device: "Ascend", devices: meshDevices(mesh), memoryPerDevice: 64 * 2 ** 30 } as const;
    const wanted = 1 + Math.floor(random() * 4);
    const made = new Map<string, Broken>();
    while (made.size < wanted) {
      const breakage = pick(breakages, random);
      const broken = made.has(breakage.area) ? undefined : breakage.make({ config, mesh, random });
      if (broken !== undefined) made.set(breakage.area, broken);
    }
    for (const { edits } of made.values()) for (const [path, value] of Object.entries(edits)) config.set(path, value);
    const issues = config.check(facts).filter(({ severity }) => severity !== "advice");
    for (const { rule, path, edits } of made.values()) {
      mistakes++;
      rules.add(rule);
      if (!issues.some((issue) => issue.rule === rule && issue.path === path))
        missed.push(`${file} ${JSON.stringify(edits)}: no ${rule} at ${path}`);
    }
    const open = config.fixAll(facts).filter(({ severity, fix }) => severity !== "advice" && fix !== undefined);
    left.push(
      ...open.map(({ rule, path, message }) => `${file} ${[...made.keys()].join("+")}: ${rule} at ${path}: ${message}`),
    );
  }
  expect(missed).toEqual([]);
  expect(left).toEqual([]);
  expect(mistakes).toBeGreaterThan(400);
  expect(rules.size).toBeGreaterThan(20);
});
