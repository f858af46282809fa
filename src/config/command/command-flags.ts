import type { ScalarNode } from "../text/nodes.js";
import type { CommandText } from "./command-text.js";

type FlagKind = "int" | "text" | "bool" | "bool_or_text";

/** Flags of run_mindformer.py that set the top-level key of the same name. */
const settingFlags: Readonly<Record<string, FlagKind>> = {
  run_mode: "text",
  do_eval: "bool",
  seed: "int",
  use_parallel: "bool",
  load_checkpoint: "text",
  pretrained_model_dir: "text",
  src_strategy_path_or_dir: "text",
  auto_trans_ckpt: "bool",
  transform_process_num: "int",
  only_save_strategy: "bool",
  resume_training: "bool_or_text",
  remote_save_url: "text",
  profile: "bool",
  output_dir: "text",
  trust_remote_code: "bool",
};

/** Flags that mean something else than a top-level key of that name. */
const otherFlags: readonly string[] = [
  ...["config", "help", "mode", "device_id", "device_target", "train_dataset_dir", "eval_dataset_dir", "predict_data"],
  ...["modal_type", "predict_batch_size", "adapter_id", "strategy_load_checkpoint", "options", "epochs", "batch_size"],
  ...["gradient_accumulation_steps", "sink_mode", "num_samples", "register_path", "do_sample"],
];

/** All flags, for comparison with the engine's own list. */
export const flagNames: readonly string[] = [...Object.keys(settingFlags), ...otherFlags];

/**
 * Keys that decide which defaults MindFormers fills in while it reads the file, before it reads the rest of the command
 * line.
 */
const tooLate: readonly string[] = ["base_config", "use_legacy", "do_eval"];

/**
 * Kind of the flag that sets a top-level key, or undefined if a free `--key value` does; refused where neither is
 * possible.
 */
export function flagFor(name: string): { readonly kind?: FlagKind | undefined } | { readonly refused: string } {
  if (tooLate.includes(name)) return { refused: "MindFormers reads it before the command line, with the file" };
  if (Object.hasOwn(settingFlags, name)) return { kind: settingFlags[name] };
  if (otherFlags.includes(name)) return { refused: `--${name} is a flag of its own, with another meaning` };
  const longer = flagNames.find((flag) => flag.startsWith(name));
  return longer === undefined ? {} : { refused: `--${name} is read as a short form of --${longer}` };
}

/** The word after a flag, read by the flag's own converter. */
export function flagText({ resolved }: ScalarNode, kind: FlagKind): CommandText {
  const { value } = resolved;
  if (kind === "int") {
    const whole = resolved.kind === "int";
    return whole ? { text: String(value) } : { refused: "its flag takes whole numbers only" };
  }
  if (typeof value === "boolean" && kind !== "text") return { text: value ? "True" : "False" };
  if (kind === "bool") return { refused: "its flag takes True and False only" };
  if (typeof value !== "string") return { refused: "its flag turns every value into text" };
  if (kind === "bool_or_text" && /^(?:true|false)$/i.test(value))
    return { refused: `its flag reads the text ${value} as a boolean` };
  return { text: value };
}
