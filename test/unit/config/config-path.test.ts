import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathTypes } from "../../../src/config/keys/path-types.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { type Cells, openCells } from "../../support/cells.js";

it("the types of paths are those that the catalog gives", async () => {
  const file = join(packageRoot(), "src", "config", "keys", "config-path.ts");
  await expect(pathTypes()).toMatchFileSnapshot(file);
});

describe("a configuration's path in a cell", () => {
  let cells: Cells;
  beforeAll(async () => {
    cells = await openCells({ packages: () => [packageRoot()] });
    const run = await cells.run(
      'import { openConfig } from "mindformers-lab";\nconst config = await openConfig("a: 1\\n");',
    );
    expect(run.failure?.traceback).toBeUndefined();
  }, 120_000);
  afterAll(() => cells.close());

  it.each([
    [
      "in a new string",
      'config.set("parallel_config.',
      ["parallel_config.data_parallel", "parallel_config.expert_parallel"],
    ],
    ["in the middle of a name", 'config.get("parallel_config.model_p', ["parallel_config.model_parallel"]],
    ["in a closed string", 'config.get("optimizer.weight_d")', ["optimizer.weight_decay"]],
    ["of the model", 'config.has("model.model_config.num_h', ["model.model_config.num_hidden_layers"]],
    ["at the top", 'config.origin("load_ch', ["load_checkpoint"]],
  ])("is completed %s", async (_, code, expected) => {
    const cursor = code.endsWith('")') ? code.length - 2 : code.length;
    const { start, matches } = await cells.complete(code, cursor);
    const typed = code.slice(start, cursor);
    const offered = matches
      .map(({ text }) => code.slice(0, start) + text)
      .map((line) => line.slice(line.indexOf('"') + 1));
    expect(offered).toEqual(expect.arrayContaining(expected));
    for (const { text } of matches.slice(0, 3)) expect(text.startsWith(typed)).toBe(true);
  });

  it("may be any other text", async () => {
    expect((await cells.run('config.set("my.own.path", 1).get("my.own.path")')).text).toBe("1");
  });

  it("is completed fast once the types are known", async () => {
    await cells.complete('config.get("model.model_config.');
    const start = performance.now();
    await cells.complete('config.get("model.model_config.moe');
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
