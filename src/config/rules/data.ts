import { globalBatchOf } from "../batch.js";
import { modelNumber } from "../model-numbers.js";
import { dataLoaderPath } from "../settings.js";
import { isSection } from "../yaml-values.js";
import { setLine } from "./arithmetic.js";
import type { Rule, RuleContext, RuleFinding } from "./rule.js";

const gpt = `${dataLoaderPath}.config`;

function isMegatron({ get }: RuleContext): boolean {
  return get(`${dataLoaderPath}.type`) === "BlendedMegatronDatasetDataLoader";
}

function isMindRecord({ get }: RuleContext): boolean {
  return get(`${dataLoaderPath}.type`) === "MindDataset";
}

function fromModel({ get }: RuleContext, name: string): number | undefined {
  const model = get("model.model_config");
  return isSection(model) ? modelNumber(model, name) : undefined;
}

function* sequenceLength(context: RuleContext): Generator<RuleFinding> {
  const data = context.get(`${gpt}.seq_length`);
  const model = fromModel(context, "seq_length");
  if (!isMegatron(context) || typeof data !== "number" || model === undefined) return;
  if (data !== model)
    yield {
      severity: "error",
      path: `${gpt}.seq_length`,
      message: `data and model must have the same sequence length: data ${data}, model.model_config.seq_length ${model}`,
      hint: setLine(`${gpt}.seq_length`, model),
    };
  const cut = context.facts.dataset?.seqLength;
  if (cut !== undefined && cut !== data)
    yield {
      severity: "warning",
      path: `${gpt}.seq_length`,
      message: `the dataset was cut for samples of ${cut} tokens, the configuration reads ${data}; the token stream is cut anew`,
      hint: setLine(`${gpt}.seq_length`, cut),
    };
}

function* batchSize(context: RuleContext): Generator<RuleFinding> {
  const samples = context.get(`${dataLoaderPath}.sizes.0`);
  if (!isMegatron(context)) return;
  if (typeof samples !== "number" || !Number.isInteger(samples) || samples < 1) {
    yield {
      severity: "error",
      path: `${dataLoaderPath}.sizes`,
      message: "expected [training samples, 0, 0] with at least one training sample",
      hint: setLine(`${dataLoaderPath}.sizes`, [1000, 0, 0]),
    };
    return;
  }
  const { size, arithmetic } = globalBatchOf(context.get, context.facts.devices);
  const left = samples % size;
  if (samples < size)
    yield {
      severity: "error",
      path: `${dataLoaderPath}.sizes`,
      message: `not one step: sizes[0] ${samples} / global batch (${arithmetic}) = ${(samples / size).toFixed(2)} steps`,
      hint: setLine(`${dataLoaderPath}.sizes`, [size, 0, 0]),
    };
  else if (left > 0)
    yield {
      severity: "advice",
      path: `${dataLoaderPath}.sizes`,
      message: `${left} of ${samples} samples are dropped in every epoch: global batch ${arithmetic}, ${Math.floor(samples / size)} steps`,
      hint: setLine(`${dataLoaderPath}.sizes`, [samples - left, 0, 0]),
    };
}

function* tokens(context: RuleContext): Generator<RuleFinding> {
  const vocabulary = fromModel(context, "vocab_size");
  const dataset = context.facts.dataset;
  if (!(isMegatron(context) || isMindRecord(context)) || vocabulary === undefined) return;
  if (dataset?.vocabSize !== undefined && dataset.vocabSize > vocabulary)
    yield {
      severity: "error",
      path: "model.model_config.vocab_size",
      message: `the data's tokenizer has ${dataset.vocabSize} tokens, the model knows ${vocabulary}`,
      hint: setLine("model.model_config.vocab_size", dataset.vocabSize),
    };
  const largest = dataset?.largestId;
  if (largest !== undefined && largest >= vocabulary && !((dataset?.vocabSize ?? 0) > vocabulary))
    yield {
      severity: "error",
      path: "model.model_config.vocab_size",
      message: `the data holds the token ${largest}, the model knows those from 0 to ${vocabulary - 1}`,
      hint: setLine("model.model_config.vocab_size", Math.max(largest + 1, dataset?.vocabSize ?? 0)),
    };
  if (isMindRecord(context)) return;
  for (const name of ["eod", "pad"]) {
    const id = context.get(`${gpt}.${name}`);
    if (typeof id === "number" && id >= vocabulary)
      yield {
        severity: "error",
        path: `${gpt}.${name}`,
        message: `${name} ${id} is not a token: vocab_size is ${vocabulary}`,
        hint: setLine(`${gpt}.${name}`, name === "pad" ? -1 : (dataset?.eod ?? 1)),
      };
  }
  const eod = context.get(`${gpt}.eod`) ?? -1;
  const used = ["reset_position_ids", "reset_attention_mask", "eod_mask_loss", "create_compressed_eod_mask"].filter(
    (name) => context.get(`${gpt}.${name}`) === true,
  );
  if (dataset?.eod !== undefined && dataset.eod !== eod && used.length > 0)
    yield {
      severity: "warning",
      path: `${gpt}.eod`,
      message: `${used.join(", ")} look for the token ${String(eod)}, but the data's end-of-document token is ${dataset.eod}`,
      hint: setLine(`${gpt}.eod`, dataset.eod),
    };
}

function* maskTraps(context: RuleContext): Generator<RuleFinding> {
  if (!isMegatron(context)) return;
  const { get } = context;
  const flags = ["reset_position_ids", "reset_attention_mask", "eod_mask_loss"];
  if (get(`${gpt}.create_compressed_eod_mask`) === true && !flags.some((name) => get(`${gpt}.${name}`) === true))
    yield {
      severity: "error",
      path: `${gpt}.create_compressed_eod_mask`,
      message: `create_compressed_eod_mask fails on the second sample unless one of ${flags.join(", ")} is True`,
      hint: setLine(`${gpt}.reset_position_ids`, true),
    };
  const columns = get("train_dataset.input_columns");
  if (!Array.isArray(columns)) return;
  const compressed = get(`${gpt}.create_compressed_eod_mask`) === true;
  const extra = compressed
    ? "actual_seq_len"
    : (get(`${gpt}.create_attention_mask`) ?? true) === true
      ? "attention_mask"
      : undefined;
  const expected = ["input_ids", "labels", "loss_mask", "position_ids", ...(extra === undefined ? [] : [extra])];
  if (columns.join() !== expected.join())
    yield {
      severity: "error",
      path: "train_dataset.input_columns",
      message: `GPTDataset gives ${expected.join(", ")}, found ${columns.join(", ")}`,
      hint: setLine("train_dataset.input_columns", expected),
    };
}

/** The tokenizer's special tokens against those of the loader and of the model. */
function* specialTokens(context: RuleContext): Generator<RuleFinding> {
  const { dataset } = context.facts;
  if (dataset?.pad !== undefined && isMegatron(context)) {
    const pad = context.get(`${gpt}.pad`) ?? -1;
    if (pad !== dataset.pad)
      yield {
        severity: "warning",
        path: `${gpt}.pad`,
        message: `the data is filled up with the token ${dataset.pad}, the loader leaves ${String(pad)} out of the loss: fill tokens would be learnt`,
        hint: setLine(`${gpt}.pad`, dataset.pad),
      };
  }
  const pairs = [
    ["eos_token_id", dataset?.eod, "end-of-text"],
    ["pad_token_id", dataset?.pad, "fill"],
  ] as const;
  for (const [name, id, what] of pairs) {
    const set = fromModel(context, name);
    if (id === undefined || set === undefined || set === id) continue;
    yield {
      severity: "warning",
      path: `model.model_config.${name}`,
      message: `the data's ${what} token is ${id}, the model has ${name} ${set}`,
      hint: setLine(`model.model_config.${name}`, id),
    };
  }
}

/** MindRecord data: which columns the model takes and how long their rows are. */
function* mindRecord(context: RuleContext): Generator<RuleFinding> {
  if (!isMindRecord(context)) return;
  const columns = context.get("train_dataset.input_columns");
  const labels = Array.isArray(columns) && columns.includes("labels");
  if (context.get("use_legacy") === false && Array.isArray(columns) && !labels)
    yield {
      severity: "error",
      path: "train_dataset.input_columns",
      message: `this model does not make labels itself and needs the column labels, found ${columns.join(", ")}`,
      hint: 'prepareData({ …, format: "mindrecord", columns: ["input_ids", "labels"] })',
    };
  const model = fromModel(context, "seq_length");
  const cut = context.facts.dataset?.seqLength;
  if (model !== undefined && cut !== undefined && model !== cut)
    yield {
      severity: "error",
      path: "model.model_config.seq_length",
      message: `data and model must have the same sequence length: MindRecord rows ${cut}, model.model_config.seq_length ${model}`,
      hint: setLine("model.model_config.seq_length", cut),
    };
}

function* randomSeed({ get }: RuleContext): Generator<RuleFinding> {
  const value = get(`${gpt}.random_seed`);
  if (value === undefined) return;
  yield {
    severity: "warning",
    path: `${gpt}.random_seed`,
    message: `GPTDataset does not read random_seed; samples are ordered by seed ${String(get(`${gpt}.seed`) ?? 1234)}`,
    hint: setLine(`${gpt}.seed`, value),
  };
}

function* missingFiles({ get, facts }: RuleContext): Generator<RuleFinding> {
  const [first] = facts.missingFiles ?? [];
  if (first === undefined) return;
  const elsewhere = (facts.device ?? get("context.device_target")) === "Ascend";
  yield {
    severity: elsewhere ? "warning" : "error",
    path: `${gpt}.data_path`,
    message: `not found${elsewhere ? " on this machine" : ""}: ${(facts.missingFiles ?? []).join(", ")}`,
    hint: "give the dataset: planRun(config, { data }), or set data_path to the prefix without .bin",
  };
}

export const dataRules: readonly Rule[] = [
  { id: "sequence-length", check: sequenceLength },
  { id: "batch-size", check: batchSize },
  { id: "tokens", check: tokens },
  { id: "mask", check: maskTraps },
  { id: "mindrecord", check: mindRecord },
  { id: "special-tokens", check: specialTokens },
  { id: "random-seed", check: randomSeed },
  { id: "data-files", check: missingFiles },
];
