import { expect, test } from "vitest";
import type { Config } from "../../../src/config/config.js";
import { openConfig } from "../../../src/config/open.js";
import type { SavingOptions } from "../../../src/config/saving.js";

const tiny = () => openConfig("pretrain_deepseek3_tiny_cpu");
const changes = (config: Config) =>
  Object.fromEntries([...config.diff().changes].map(({ path, now }) => [path, now] as const));

test("interval, number, and background writing land in the keys of the callback that saves", async () => {
  const config = (await tiny()).saving({ every: 500, keep: 2, write: "background", prefix: "wiki" });
  expect(changes(config)).toEqual({
    "callbacks.2.save_checkpoint_steps": 500,
    "callbacks.2.keep_checkpoint_max": 2,
    "callbacks.2.async_save": true,
    "callbacks.2.prefix": "wiki",
  });
  expect(config.edits.map(({ verb }) => verb)).toEqual(["saving", "saving", "saving", "saving"]);
  expect(config.undo().diff().changes).toHaveLength(0);
});

test("the 1.9 layout can leave the optimizer state out; folders of ranks can't, and say so", async () => {
  const config = (await tiny()).saving({ layout: "iteration", content: "weights" });
  expect(changes(config)).toEqual({ use_legacy_format: false, "callbacks.2.save_optimizer": false });
  expect([...config.check()].map(({ rule }) => rule)).toContain("saved-content");
  const ranks = await tiny();
  expect(() => ranks.saving({ content: "weights" })).toThrow(/always holds the optimizer state/);
  expect(changes(ranks.saving({ content: "both" }))).toEqual({ "callbacks.2.save_network_params": true });
  expect(() => config.saving({ content: "both" })).toThrow(/files of their own/);
});

test("a section checkpoint that is written is edited itself, because MindFormers reads it first", async () => {
  const config = (await tiny()).set("checkpoint", { save_max: 4, prefix: "a" });
  config.saving({ every: 10, content: "weights", copies: "one" });
  expect(config.get("checkpoint")).toEqual({
    save_max: 4,
    prefix: "a",
    save_interleaved_steps: 10,
    no_save_optim: true,
    save_remove_redundancy: true,
  });
  config.saving({ layout: "ranks" });
  expect(config.get("checkpoint")).toBeUndefined();
  expect(config.get("callbacks.2")).toMatchObject({ keep_checkpoint_max: 4, prefix: "a", save_checkpoint_steps: 10 });
});

test("a configuration without a callback that saves gets one", async () => {
  const config = (await tiny()).set("callbacks", [{ type: "MFLossMonitor" }]).saving({ every: "end" });
  expect(config.get("callbacks.1")).toEqual({
    type: "CheckpointMonitor",
    integrated_save: false,
    checkpoint_format: "safetensors",
    save_checkpoint_steps: 1_000_000_000,
  });
});

test.each([
  [{ every: 0 }, /every\): expected steps, or "end", found 0/],
  [{ keep: 1.5 }, /keep\): expected a number of checkpoints from 1, found 1.5/],
  [{ prefix: "my_rank" }, /without "rank", found "my_rank"/],
  [{ write: "async" }, /write\): expected "wait" or "background", found "async"/],
  [{ async: true }, /unknown option async, expected every, keep, prefix/],
])("saving(%j) is refused", async (options, message) => {
  const config = await tiny();
  expect(() => config.saving(options as SavingOptions)).toThrow(message);
  expect(config.edits).toEqual([]);
});
