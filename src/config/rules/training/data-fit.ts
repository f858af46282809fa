import { dataLoaderPath } from "../../keys/data-path.js";
import { byHand, setTo } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const columnsPath = "train_dataset.input_columns";

export function isMindRecord({ get }: Pick<RuleContext, "get">): boolean {
  return get(`${dataLoaderPath}.type`) === "MindDataset";
}

/** The tokenizer's special tokens against those that are written for the model. */
function* specialTokens({ facts: { dataset }, model, modelPath, get }: RuleContext): Generator<RuleFinding> {
  const pairs = [
    ["eos_token_id", dataset?.eod, "end-of-text"],
    ["pad_token_id", dataset?.pad, "fill"],
  ] as const;
  if (model === undefined) return;
  for (const [name, id, what] of pairs) {
    const path = modelPath(name);
    const written = get(path);
    if (id === undefined || typeof written !== "number" || written === id) continue;
    yield warning([path, `the data's ${what} token is ${id}, the model has ${name} ${written}`], setTo(path, id));
  }
}

/** MindRecord data: which columns the model takes and how long their rows are. */
function* mindRecord(context: RuleContext): Generator<RuleFinding> {
  const { get, facts, mcore, modelNumber, modelPath } = context;
  if (!isMindRecord(context)) return;
  const columns = get(columnsPath);
  if (mcore && Array.isArray(columns) && !columns.includes("labels"))
    yield error(
      [
        columnsPath,
        `this model does not make labels itself and needs the column labels, ` +
          `found ${(columns as unknown[]).join(", ")}`,
      ],
      byHand('prepareData({ …, format: "mindrecord", columns: ["input_ids", "labels"] })'),
    );
  const model = modelNumber("seq_length");
  const cut = facts.dataset?.seqLength;
  if (model !== undefined && cut !== undefined && model !== cut)
    yield error(
      [
        modelPath("seq_length"),
        "data and model must have the same sequence length: " +
          `MindRecord rows ${cut}, model.model_config.seq_length ${model}`,
      ],
      setTo(modelPath("seq_length"), cut),
    );
}

/** Rules that hold prepared data against the model. */
export const dataFitRules: readonly Rule[] = [
  {
    id: "special-tokens",
    about: "the model's eos_token_id and pad_token_id are those of the data's tokenizer",
    engine: "accepts",
    cure: true,
    check: specialTokens,
  },
  {
    id: "mindrecord",
    about: "MindRecord data has the column labels where the model needs it, and rows of the model's seq_length",
    engine: "fails later",
    cure: true,
    check: mindRecord,
  },
];
