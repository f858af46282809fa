import { describe, expect, test } from "vitest";
import { Config } from "../../../../src/config/config.js";
import { ConfigError } from "../../../../src/core/error.js";
import { displayKey } from "../../../../src/view/display-contract.js";

const text = `seed: 1
run_mode: train
runner_config:
  epochs: 2
  batch_size: 1
data: &data
  sizes: [1, 0]
  lr: 0.5
task:
  data: *data
callbacks:
  - type: CheckpointMonitor
    prefix: a
use_legacy: False
`;

function open(): Config {
  return new Config({ kind: "text", name: "text" }, text);
}

test("edits become overrides in the order of the file; no edits, no overrides", () => {
  expect(open().toCommandLine().words).toEqual([]);
  const line = open().set("runner_config.epochs", 3).set("seed", 5).set("data.lr", 1e-7).toCommandLine();
  expect(line.words).toEqual(
    ["--seed", "5", "--runner_config.epochs", "3", "--data.lr", "1e-7", "--task.data.lr", "1e-7"], // aliases are copies
  );
  expect(line.text).toBe("--seed 5 \\\n--runner_config.epochs 3 \\\n--data.lr 1e-7 \\\n--task.data.lr 1e-7");
  expect(line[displayKey]()["text/plain"]).toContain("--runner_config.epochs 3");
});

test("lists are set as a whole, callbacks as MindFormers orders them", () => {
  const line = open().set("data.sizes.1", 9).set("callbacks.0.prefix", "it's").toCommandLine();
  expect(line.words).toEqual([
    ...["--data.sizes", "[1, 9]", "--task.data.sizes", "[1, 9]"],
    ...["--callbacks", '[{"type": "MFLossMonitor"}, {"type": "CheckpointMonitor", "prefix": "it\'s"}]'],
  ]);
  expect(line.text).toContain(`'[{"type": "MFLossMonitor"}, {"type": "CheckpointMonitor", "prefix": "it'\\''s"}]'`);
});

test("text that MindFormers would read as something else is written as JSON, without any =", () => {
  const values = ["12", "1e5", "nan", "True", "null", "[1", "a=b", "-x", "plain text/1"];
  expect(values.map((value) => open().set("runner_config.epochs", value).toCommandLine().words[1])).toEqual([
    '"12"',
    '"1e5"',
    '"nan"',
    '"True"',
    '"null"',
    '"[1"',
    '"a\\u003db"',
    '"-x"',
    "plain text/1",
  ]);
});

describe("what has no form there is refused with the reason", () => {
  test.each([
    ["a removed key", (c: Config) => c.unset("runner_config.epochs"), /runner_config\.epochs: .*not remove/],
    ["a new section", (c: Config) => c.set("zz.b", 1), /zz: a new section would be a plain dict/],
    ["a float without fraction", (c: Config) => c.set("data.lr", 1), /data\.lr: MindFormers fails at 1\.0/],
    ["an infinite number", (c: Config) => c.set("data.lr", Number.POSITIVE_INFINITY), /infinite/],
    ["a date", (c: Config) => c.set("data.lr", new Date(0)), /dates/],
    ["a key that another flag has", (c: Config) => c.set("epochs", 1), /epochs: --epochs is a flag of its own/],
    [
      "a key that argparse takes for a short form",
      (c: Config) => c.set("prof", 1),
      /prof: --prof is read as .* --profile/,
    ],
    ["a key with =", (c: Config) => c.set("data.a=b", 1), /can't be written/],
    ["text for a number's flag", (c: Config) => c.set("seed", "x"), /seed: its flag takes whole numbers/],
    ["what the template depends on", (c: Config) => c.set("use_legacy", true), /use_legacy: .*before the command line/],
  ] as const)("%s", (_what, edit, message) => {
    const config = edit(open());
    expect(() => config.toCommandLine()).toThrow(ConfigError);
    expect(() => config.toCommandLine()).toThrow(message);
  });
});
