import { dataLoaderPath } from "../../keys/data-path.js";
import { setTo } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const gpt = `${dataLoaderPath}.config`;
const columnsPath = "train_dataset.input_columns";
const keysPath = "train_dataset.construct_args_key";
const strategyPath = "parallel.dataset_strategy";

/** The columns that GPTDataset makes with these settings. `create_attention_mask` is True if nothing is written. */
export function datasetColumns({ get }: RuleContext): readonly string[] {
  const compressed = get(`${gpt}.create_compressed_eod_mask`) === true;
  const mask = (get(`${gpt}.create_attention_mask`) ?? true) === true;
  const extra = compressed ? ["actual_seq_len"] : mask ? ["attention_mask"] : [];
  return ["input_ids", "labels", "loss_mask", "position_ids", ...extra];
}

function* inputColumns(context: RuleContext): Generator<RuleFinding> {
  const { get, megatron } = context;
  const columns = get(columnsPath);
  if (!megatron) return;
  const expected = datasetColumns(context);
  if (Array.isArray(columns) && columns.join() !== expected.join())
    yield error(
      [columnsPath, `GPTDataset gives ${expected.join(", ")}, found ${columns.join(", ")}`],
      setTo(columnsPath, expected),
    );
  if (columns === undefined && get(`${gpt}.create_attention_mask`) === undefined && expected.includes("attention_mask"))
    yield error(
      [
        `${gpt}.create_attention_mask`,
        "GPTDataset makes an attention mask unless create_attention_mask is False, " +
          "but MindFormers names no column for it unless the setting is written",
      ],
      setTo(`${gpt}.create_attention_mask`, false),
    );
  const keys = get(keysPath);
  const known: readonly unknown[] = Array.isArray(columns) ? columns : expected;
  const strange = Array.isArray(keys) ? (keys as unknown[]).filter((name) => !known.includes(name)) : [];
  if (strange.length > 0)
    yield error(
      [
        keysPath,
        `the model can't take what the data doesn't give: ${strange.join(", ")} is not among ${known.join(", ")}`,
      ],
      setTo(keysPath, (keys as unknown[]).every((name) => expected.includes(String(name))) ? keys : expected),
    );
}

/** One entry per column: data_parallel first, then 1 for each further axis. */
function expectedStrategy(context: RuleContext): number[][] {
  const written = context.get(columnsPath);
  const columns = Array.isArray(written) && !context.megatron ? written.map(String) : datasetColumns(context);
  const dp = context.mesh.dataParallel;
  return columns.map((name) => (name === "attention_mask" ? [dp, 1, 1, 1] : [dp, 1]));
}

function strategyProblem(strategy: readonly unknown[], expected: readonly number[][]): string | undefined {
  if (strategy.length !== expected.length)
    return `one entry per column of the data: expected ${expected.length}, found ${strategy.length}`;
  for (const [index, entry] of strategy.entries()) {
    const wanted = expected[index] as number[];
    const first = Array.isArray(entry) ? (entry[0] as unknown) : entry;
    if (first !== wanted[0])
      return `the first number of each entry must be data_parallel ${wanted[0]}, found ${String(first)}`;
    if (!Array.isArray(entry) || entry.length !== wanted.length)
      return (
        `entry ${index + 1} belongs to a column with ${wanted.length} axes: ` +
        `expected ${JSON.stringify(wanted)}, found ${JSON.stringify(entry)}`
      );
  }
  return undefined;
}

function* datasetStrategy(context: RuleContext): Generator<RuleFinding> {
  const { get, mesh, megatron, mcore } = context;
  const strategy = get(strategyPath);
  if (!mesh.semiAuto) return;
  if (strategy === undefined || strategy === null) {
    if (get("parallel.full_batch") === false && (!megatron || !mcore))
      yield error(
        [strategyPath, "full_batch False needs a dataset_strategy, which says how each column is split"],
        setTo(strategyPath, expectedStrategy(context)),
      );
    return;
  }
  if (strategy === "full_batch") return;
  const expected = expectedStrategy(context);
  if (!Array.isArray(strategy))
    yield error(
      [strategyPath, `expected a list with one entry per column, found ${String(strategy)}`],
      setTo(strategyPath, expected),
    );
  else if (megatron) {
    const problem = strategyProblem(strategy, expected);
    if (problem !== undefined) yield error([strategyPath, problem], setTo(strategyPath, expected));
  }
  if (get("parallel.full_batch") === true)
    yield warning(
      [
        "parallel.full_batch",
        "full_batch True and a dataset_strategy contradict each other; MindFormers keeps one of them",
      ],
      setTo("parallel.full_batch", false),
    );
}

function* slicedInput({ get, mcore, megatron, model }: RuleContext): Generator<RuleFinding> {
  const path = "model.model_config.input_sliced_sig";
  if (mcore || !megatron || model === undefined || get(path) === true) return;
  yield error(
    [path, "Megatron data is cut to pairs of input and label, and a mid-2025 model needs a setting for that"],
    setTo(path, true),
  );
}

export const columnRules: readonly Rule[] = [
  {
    id: "columns",
    about: "input_columns are what GPTDataset gives; construct_args_key names columns of it",
    engine: "fails later",
    cure: true,
    check: inputColumns,
  },
  {
    id: "dataset-strategy",
    about: "dataset_strategy has one entry per column, [data_parallel, 1, …]; needed with full_batch False",
    engine: "refuses",
    cure: true,
    check: datasetStrategy,
  },
  {
    id: "sliced-input",
    about: "Megatron data with a mid-2025 model needs input_sliced_sig True",
    engine: "refuses",
    cure: true,
    check: slicedInput,
  },
];
