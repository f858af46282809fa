import fc from "fast-check";
import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { searchLayouts } from "../../../src/plan/search/search-layouts.js";

const templates = ["pretrain_deepseek3_671b", "pretrain_deepseek3_1b"];

test("every layout that a search returns passes the configuration's check for its devices", async () => {
  // Enough samples for a step of any batch: how long a run is, is not the layouts' matter.
  const opened = await Promise.all(templates.map((name) => openConfig(name)));
  const configs = opened.map((config) => config.set("train_dataset.data_loader.sizes.0", 1_000_000));
  const cases = fc.record({
    template: fc.nat(templates.length - 1),
    devices: fc.constantFrom(8, 12, 16, 24, 32, 64, 96, 128, 256),
    batches: fc.constantFrom(1, 2, 3, 8),
    pick: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(cases, ({ template, devices, batches, pick }) => {
      const config = configs[template]?.copy();
      if (config === undefined) throw new Error("no template");
      const search = searchLayouts({
        config,
        devices,
        memoryPerDevice: "2000GB",
        globalBatch: devices * batches,
        largestMicroBatch: 2,
      });
      const row = search.at(1 + Math.floor(pick * search.fitting));
      if (row === undefined) throw new Error("no layout");
      const issues = row.apply(config).check({ device: "Ascend", devices });
      const errors = issues
        .filter(({ severity }) => severity === "error")
        .map(({ path, message }) => `${path}: ${message}`);
      expect(errors, JSON.stringify(row.layout)).toEqual([]);
    }),
    { numRuns: 40 },
  );
}, 60_000);
