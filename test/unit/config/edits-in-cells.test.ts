import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { type Cells, openCells } from "../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells({ packages: () => [packageRoot()] });
}, 120_000);
afterAll(() => cells.close());

test("set as the last expression of a cell shows what it changed; a cell of its own shows all", async () => {
  const opened = await cells.run(
    'import { openConfig, countParameters, modelShape } from "mindformers-lab";\n' +
      'const config = await openConfig("pretrain_deepseek3_tiny_cpu"); config',
  );
  expect(opened.failure?.traceback).toBeUndefined();
  expect(opened.text).toContain("Configuration pretrain_deepseek3_tiny_cpu");
  const edited = (await cells.run('config.set("runner_config.epochs", 7).set("seed", 1)')).text ?? "";
  expect(edited).toMatch(/runner_config\.epochs +\d+ +7/);
  expect(edited).toContain("Changed by this cell");
  expect(edited).not.toContain("Configuration pretrain_deepseek3_tiny_cpu");
  const again = (await cells.run('config.set("seed", 1)')).text ?? "";
  expect(again).toContain("No value changed");
  const whole = (await cells.run("config")).text ?? "";
  expect(whole).toContain("Configuration pretrain_deepseek3_tiny_cpu");
  const counts = (await cells.run('countParameters(modelShape(config.get("model.model_config") as never))')).text ?? "";
  expect(counts).toMatch(/^8,319,876 parameters/);
  expect(counts).toMatch(/embedding +\d/);
});

test("a misspelled path gave nothing at all: get names the key that is meant, set shows what is wrong with the value", async () => {
  const opened = await cells.run('const edited = await openConfig("pretrain_deepseek3_tiny_cpu")');
  expect(opened.failure?.traceback).toBeUndefined();
  const got = await cells.run('edited.get("parallel_config.data_paralel")');
  expect(JSON.stringify(got.messages())).toContain("Did you mean parallel_config.data_parallel?");
  const set = (await cells.run('edited.set("parallel_config.data_parallel", "two")')).text ?? "";
  expect(set).toMatch(/expected a whole number, found text/);
  const section = (await cells.run('edited.set("parallel_config", 3)')).text ?? "";
  expect(section).toMatch(/expected a section.*, found a whole number/);
});
