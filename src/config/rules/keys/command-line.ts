import { anyOf } from "../../../core/patterns.js";
import { byHand } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

interface Override {
  readonly path: string;
  readonly value: string;
  /** Given as `--options path=value`. */
  readonly option: boolean;
}

/** Arguments of run_mindformer.py that have names of their own, as far as they look like a path of one name. */
const ownFlags = anyOf([
  /config|mode|run_mode|device_id|device_target|register_path|remote_save_url|trust_remote_code/,
  /train_dataset_dir|eval_dataset_dir|epochs|batch_size|num_samples|do_eval|profile/,
  /predict_data|predict_batch_size|modal_type|adapter_id|do_sample|strategy_load_checkpoint/,
]);

function readOverrides(words: readonly string[]): { overrides: Override[]; broken: string[] } {
  const overrides: Override[] = [];
  const broken: string[] = [];
  let options = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === "--options") options = true;
    else if (word.startsWith("--")) {
      options = false;
      const [name = "", ...values] = word.slice(2).split("=");
      if (values.length > 1) broken.push(word);
      const value = values.length > 0 ? values.join("=") : words[++index];
      if (value?.includes("=") && values.length === 0) broken.push(value);
      overrides.push({ path: name, value: value ?? "", option: false });
    } else if (options) {
      const [name = "", ...values] = word.split("=");
      overrides.push({ path: name, value: values.join("="), option: true });
    }
  }
  return { overrides, broken };
}

function* booleans({ facts }: RuleContext): Generator<RuleFinding> {
  const { overrides } = readOverrides(facts.arguments ?? []);
  for (const { path, value, option } of overrides)
    if (option && /^(?:true|false)$/i.test(value)) {
      const small = value.toLowerCase();
      const python = small === "true" ? "True" : "False";
      yield error(
        [path, `--options ${path}=${value} always sets False: MindFormers 1.9 compares a method with text`],
        byHand(`--${path} ${python}, or config.set("${path}", ${small})`),
      );
    }
}

function* overridePaths(context: RuleContext): Generator<RuleFinding> {
  const { facts, get, key } = context;
  const { overrides, broken } = readOverrides(facts.arguments ?? []);
  for (const word of broken)
    yield error(
      [
        "arguments",
        `${word}: run_mindformer.py splits its arguments at every "=", so a "=" in a value breaks all later ones`,
      ],
      byHand("set the value in the YAML"),
    );
  for (const { path, value, option } of overrides) {
    const parent = path.split(".").slice(0, -1).join(".");
    if (ownFlags.test(path)) continue;
    const section = parent === "" ? {} : get(parent);
    if (!option && parent !== "" && (typeof section !== "object" || section === null))
      yield error(
        [path, `--${path}: ${parent} is not in the YAML, so nothing can be set below it`],
        byHand(`config.set("${path}", ${JSON.stringify(value)})`),
      );
    else if (/^[-+]?\d+\.0*$/.test(value) && key(path)?.types[0] === "float")
      yield warning(
        [path, `--${path} ${value} becomes the whole number ${Number(value)}`],
        byHand("set the value in the YAML, which keeps the point"),
      );
  }
}

const hcclLimits: readonly (readonly [name: string, low: number, high: number])[] = [
  ["HCCL_CONNECT_TIMEOUT", 120, 7200],
  ["HCCL_EXEC_TIMEOUT", 1, 17340],
];

function* environment({ facts, device }: RuleContext): Generator<RuleFinding> {
  const values = facts.environment;
  if (values === undefined || device !== "Ascend") return;
  for (const [name, low, high] of hcclLimits) {
    const text = values[name];
    if (text === undefined) continue;
    const seconds = Number(text);
    if (!Number.isInteger(seconds) || seconds < low || seconds > high)
      yield error(
        ["environment", `${name}: expected ${low} to ${high} seconds, found ${text}`],
        byHand(`${name}=${Math.min(high, Math.max(low, seconds || low))}`),
      );
  }
}

export const commandLineRules: readonly Rule[] = [
  {
    id: "option-boolean",
    about: "no True or False through --options, which always sets False",
    engine: "ignores",
    cure: false,
    check: booleans,
  },
  {
    id: "override",
    about: "command-line overrides name existing sections and have values without =",
    engine: "fails later",
    cure: false,
    check: overridePaths,
  },
  {
    id: "timeouts",
    about: "HCCL_CONNECT_TIMEOUT is 120 to 7200 s, HCCL_EXEC_TIMEOUT at most 17340 s",
    engine: "fails later",
    cure: false,
    check: environment,
  },
];
