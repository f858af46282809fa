import { dataLoaderPath } from "../../keys/data-path.js";
import { byHand, renameTo, setTo, takeAway } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";
import { dataFitRules, isMindRecord } from "./data-fit.js";

const gpt = `${dataLoaderPath}.config`;
const resets = ["reset_position_ids", "reset_attention_mask", "eod_mask_loss"];

function* sequenceLength({ get, facts, megatron, modelNumber }: RuleContext): Generator<RuleFinding> {
  const path = `${gpt}.seq_length`;
  const data = get(path);
  const model = modelNumber("seq_length");
  if (!megatron || typeof data !== "number") return;
  if (model !== undefined && data !== model)
    yield error(
      [path, `data and model must have the same sequence length: data ${data}, model.model_config.seq_length ${model}`],
      setTo(path, model),
    );
  const cut = facts.dataset?.seqLength;
  if (cut !== undefined && cut !== data && (model === undefined || model === data))
    yield warning(
      [
        path,
        `the dataset was cut for samples of ${cut} tokens, the configuration reads ${data}; ` +
          "the engine cuts the token stream again",
      ],
      byHand(`config.set("${path}", ${cut}) and the model's seq_length, or prepare the data with seqLength ${data}`),
    );
}

function* vocabulary(context: RuleContext): Generator<RuleFinding> {
  const { get, facts, megatron, modelNumber, modelPath } = context;
  const size = modelNumber("vocab_size");
  const dataset = facts.dataset;
  if (!(megatron || isMindRecord(context)) || size === undefined) return;
  if (dataset?.vocabSize !== undefined && dataset.vocabSize > size)
    yield error(
      [modelPath("vocab_size"), `the data's tokenizer has ${dataset.vocabSize} tokens, the model knows ${size}`],
      setTo(modelPath("vocab_size"), dataset.vocabSize),
    );
  const largest = dataset?.largestId;
  if (largest !== undefined && largest >= size && !((dataset?.vocabSize ?? 0) > size))
    yield error(
      [modelPath("vocab_size"), `the data holds the token ${largest}, the model knows those from 0 to ${size - 1}`],
      setTo(modelPath("vocab_size"), Math.max(largest + 1, dataset?.vocabSize ?? 0)),
    );
  if (!megatron) return;
  for (const name of ["eod", "pad"]) {
    const id = get(`${gpt}.${name}`);
    if (typeof id !== "number" || id < size) continue;
    yield error(
      [`${gpt}.${name}`, `${name} ${id} is not a token: vocab_size is ${size}`],
      setTo(`${gpt}.${name}`, name === "pad" ? -1 : (dataset?.eod ?? 1)),
    );
  }
}

function* eodToken({ get, facts, megatron }: RuleContext): Generator<RuleFinding> {
  if (!megatron) return;
  const eod = get(`${gpt}.eod`) ?? -1;
  const used = [...resets, "create_compressed_eod_mask"].filter((name) => get(`${gpt}.${name}`) === true);
  const known = facts.dataset?.eod;
  if (used.length === 0) return;
  if (typeof eod === "number" && eod < 0)
    yield error(
      [`${gpt}.eod`, `${used.join(", ")} look for the end-of-document token, but eod is ${eod}`],
      known === undefined
        ? byHand(`config.set("${gpt}.eod", <id of the tokenizer's end-of-document token>)`)
        : setTo(`${gpt}.eod`, known),
    );
  else if (known !== undefined && known !== eod)
    yield warning(
      [
        `${gpt}.eod`,
        `${used.join(", ")} look for the token ${String(eod)}, but the data's end-of-document token is ${known}`,
      ],
      setTo(`${gpt}.eod`, known),
    );
}

function* padding({ get, facts, megatron }: RuleContext): Generator<RuleFinding> {
  const pad = get(`${gpt}.pad`);
  const eod = get(`${gpt}.eod`);
  const known = facts.dataset?.pad;
  if (!megatron) return;
  if (typeof pad !== "number" || pad < 0) {
    if (known !== undefined && known !== eod)
      yield warning(
        [
          `${gpt}.pad`,
          `the data is padded with token ${known}, but the loss ignores ${String(pad ?? -1)}: ` +
            `the model would learn padding tokens`,
        ],
        setTo(`${gpt}.pad`, known),
      );
    return;
  }
  if (pad === eod)
    yield warning(
      [`${gpt}.pad`, `pad and eod are the same token ${pad}: the model would not learn where documents end`],
      setTo(`${gpt}.pad`, -1),
    );
  else if (known !== undefined && known !== pad)
    yield warning(
      [`${gpt}.pad`, `the data was padded with the token ${known}, the configuration masks ${pad}`],
      setTo(`${gpt}.pad`, known),
    );
}

function* compressedMask({ get, megatron }: RuleContext): Generator<RuleFinding> {
  const path = `${gpt}.create_compressed_eod_mask`;
  if (!megatron || get(path) !== true) return;
  if (!resets.some((name) => get(`${gpt}.${name}`) === true))
    yield error(
      [path, `create_compressed_eod_mask fails on the second sample unless one of ${resets.join(", ")} is True`],
      setTo(`${gpt}.reset_position_ids`, true),
    );
  if (get("train_dataset.dynamic_batch") === true)
    yield error(
      ["train_dataset.dynamic_batch", "a compressed mask excludes dynamic_batch"],
      setTo("train_dataset.dynamic_batch", false),
    );
}

function* randomSeed({ get }: RuleContext): Generator<RuleFinding> {
  const path = `${gpt}.random_seed`;
  const value = get(path);
  if (value === undefined) return;
  const seed = get(`${gpt}.seed`);
  const cure = seed === undefined ? renameTo(path, "seed") : takeAway(path);
  yield warning([path, `GPTDataset does not read random_seed; samples are ordered by seed ${String(seed ?? 1234)}`], {
    ...cure,
    hint:
      seed === undefined
        ? `config.set("${gpt}.seed", ${String(value)})`
        : `remove it, or config.set("${gpt}.seed", ${String(value)})`,
  });
}

const isNumeric = (entry: unknown): boolean => /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/i.test(String(entry));

/** Entries are prefixes, or weight and prefix in turns; the files are `<prefix>.bin` and `<prefix>.idx`. */
function* dataPath({ get, megatron }: RuleContext): Generator<RuleFinding> {
  const path = `${gpt}.data_path`;
  const value = get(path);
  if (!megatron || value === undefined || value === null) return;
  const entries = (Array.isArray(value) ? (value as unknown[]) : [value]).map(String);
  const even = entries.filter((_, index) => index % 2 === 0);
  const weighted = entries.length % 2 === 0 && even.some(isNumeric);
  if (weighted && !even.every(isNumeric)) {
    const odd = even.find((entry) => !isNumeric(entry));
    yield error(
      [path, `either every prefix has a weight before it or none: expected a number, found ${String(odd)}`],
      byHand("write [weight, prefix, weight, prefix, …]"),
    );
    return;
  }
  if (weighted && even.every((weight) => Number(weight) === 0))
    yield error(
      [path, "the weights add up to 0"],
      setTo(
        path,
        entries.map((entry, index) => (index % 2 === 0 ? "1" : entry)),
      ),
    );
  if (!weighted && entries.length % 2 === 1 && entries.length > 1 && entries.some(isNumeric))
    yield error(
      [
        path,
        `${entries.length} entries are read as prefixes, among them the number ${String(entries.find(isNumeric))}`,
      ],
      byHand("write [weight, prefix, weight, prefix, …]"),
    );
  if (entries.some((entry) => /\.(?:bin|idx)$/.test(entry)))
    yield error(
      [path, `a prefix has no ending: found ${String(entries.find((entry) => /\.(?:bin|idx)$/.test(entry)))}`],
      setTo(
        path,
        entries.map((entry) => entry.replace(/\.(?:bin|idx)$/, "")),
      ),
    );
  if (get(`${gpt}.split`) === undefined || get(`${gpt}.split`) === null)
    yield error(
      [`${gpt}.split`, "data_path needs split, the shares for training, validation, and test"],
      setTo(`${gpt}.split`, "1, 0, 0"),
    );
}

function* perSplitPaths({ get, megatron }: RuleContext): Generator<RuleFinding> {
  const [first] = ["train_data_path", "valid_data_path", "test_data_path"].filter((name) => get(`${gpt}.${name}`));
  const others = ["data_path", "split"].filter((name) => get(`${gpt}.${name}`)).map((name) => `${gpt}.${name}`);
  const [place] = others;
  if (!megatron || first === undefined || place === undefined) return;
  const names = others.map((path) => path.split(".").at(-1)).join(" and ");
  yield error([place, `${names} exclude ${first}: either one list for all, or one per split`], {
    hint: `config${others.map((path) => `.unset("${path}")`).join("")}`,
    fix: others.map((path) => ({ kind: "unset", path })),
  });
}

function* missingFiles({ facts, device }: RuleContext): Generator<RuleFinding> {
  const [first] = facts.missingFiles ?? [];
  if (first === undefined) return;
  const elsewhere = device === "Ascend";
  const message = `not found${elsewhere ? " on this machine" : ""}: ${(facts.missingFiles ?? []).join(", ")}`;
  const cure = byHand("give the dataset: planRun(config, { data }), or set data_path to the prefix without .bin");
  yield elsewhere ? warning([`${gpt}.data_path`, message], cure) : error([`${gpt}.data_path`, message], cure);
}

export const dataRules: readonly Rule[] = [
  {
    id: "sequence-length",
    about: "data and model have the same seq_length, and the dataset was cut for it",
    engine: "fails later",
    cure: true,
    check: sequenceLength,
  },
  {
    id: "vocabulary",
    about: "the tokenizer's ids, the data's ids, eod, and pad are below vocab_size",
    engine: "fails later",
    cure: true,
    check: vocabulary,
  },
  {
    id: "eod-token",
    about: "where ends of documents are looked for, eod is the data's end-of-document token",
    engine: "accepts",
    cure: true,
    check: eodToken,
  },
  {
    id: "padding",
    about: "pad is the token that the data was padded with, and not eod",
    engine: "accepts",
    cure: true,
    check: padding,
  },
  {
    id: "compressed-mask",
    about: "create_compressed_eod_mask needs a reset or eod_mask_loss, and excludes dynamic_batch",
    engine: "fails later",
    cure: true,
    check: compressedMask,
  },
  {
    id: "random-seed",
    about: "the order of the samples is set by seed, not random_seed",
    engine: "ignores",
    cure: true,
    check: randomSeed,
  },
  {
    id: "data-path",
    about: "data_path holds prefixes without ending, with a weight before each or none, and has a split",
    engine: "fails later",
    cure: true,
    check: dataPath,
  },
  {
    id: "split-paths",
    about: "train_data_path and its like exclude data_path and split",
    engine: "fails later",
    cure: true,
    check: perSplitPaths,
  },
  {
    id: "data-files",
    about: "the training files exist",
    engine: "fails later",
    cure: false,
    check: missingFiles,
  },
  ...dataFitRules,
];
