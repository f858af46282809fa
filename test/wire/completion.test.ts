import { afterAll, beforeAll, expect, it } from "vitest";
import { WireClient } from "../support/wire-client.js";

let client: WireClient;
beforeAll(async () => {
  client = await WireClient.start({ evaluator: "built" });
});
afterAll(() => client.stop());

const open = 'import { openConfig } from "mindformers-lab";\nconst config = await openConfig("';

it("templates are offered before the cell that imports the library has run, with what each is for", async () => {
  const code = `/* 🦜 */ ${open}pretrain_qwen3_3`;
  const { content } = await client.request("complete_request", { code, cursor_pos: [...code].length });
  expect(content.matches).toEqual(["pretrain_qwen3_32b", "pretrain_qwen3_30b_a3b"]);
  expect([...code].slice(content.cursor_start, content.cursor_end).join("")).toBe("pretrain_qwen3_3");
  expect(content.metadata._jupyter_types_experimental[0]).toMatchObject({
    type: "template",
    signature: expect.stringContaining("template · 16 NPUs"),
  });
});

it("a key is offered with its value and explained, as the open configuration has it", async () => {
  await client.execute(`${open}pretrain_deepseek3_tiny_cpu")`);
  const code = 'config.set("runner_config.ep", 2)';
  const { content } = await client.request("complete_request", { code, cursor_pos: 28 });
  expect([content.matches, content.cursor_start, content.cursor_end]).toEqual([["runner_config.epochs"], 12, 28]);
  expect(content.metadata._jupyter_types_experimental[0]).toMatchObject({
    // JupyterLab's list has one line for it, which may not break.
    type: "int\u00a0=\u00a01",
    signature: expect.stringContaining("default 1 · passes over"),
  });
  const whole = 'config.set("optimizer.learning_rate", 2)';
  const { data } = (await client.request("inspect_request", { code: whole, cursor_pos: 20, detail_level: 0 })).content;
  expect(data["text/markdown"]).toContain("- type: float or null");
  expect(data["text/plain"]).toContain("lr_schedule gives the rate of every step");
});
