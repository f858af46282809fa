import { globalBatchOf } from "../../../model/layout/batch.js";
import { positive } from "../../../model/read-value.js";
import { dataLoaderPath } from "../../keys/data-path.js";
import { setTo } from "../cure.js";
import { advice, error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const sizesPath = `${dataLoaderPath}.sizes`;
const accumulationPath = "runner_config.gradient_accumulation_steps";

function withTraining(sizes: unknown, samples: number): unknown[] {
  const rest = Array.isArray(sizes) && sizes.length === 3 ? (sizes as unknown[]).slice(1) : [0, 0];
  return [samples, ...rest];
}

function* batchSize({ get, facts, megatron }: RuleContext): Generator<RuleFinding> {
  const sizes = get(sizesPath);
  const samples = Array.isArray(sizes) ? (sizes[0] as unknown) : undefined;
  if (!megatron) return;
  if (typeof samples !== "number" || !Number.isInteger(samples) || samples < 1) {
    yield error(
      [sizesPath, "expected [training samples, 0, 0] with at least one training sample"],
      setTo(sizesPath, withTraining(sizes, 1000)),
    );
    return;
  }
  if ((sizes as unknown[]).length !== 3)
    yield error(
      [sizesPath, `expected three numbers (training, validation, test), found ${(sizes as unknown[]).length}`],
      setTo(sizesPath, [samples, 0, 0]),
    );
  const { size, arithmetic } = globalBatchOf(get, facts.devices);
  const left = samples % size;
  if (samples < size)
    yield error(
      [
        sizesPath,
        `not one step: sizes[0] ${samples} / global batch (${arithmetic}) = ${(samples / size).toFixed(2)} steps`,
      ],
      setTo(sizesPath, withTraining(sizes, size)),
    );
  else if (left > 0)
    yield advice(
      [
        sizesPath,
        `${left} of ${samples} samples are dropped in every epoch: ` +
          `global batch ${arithmetic}, ${Math.floor(samples / size)} steps`,
      ],
      setTo(sizesPath, withTraining(sizes, samples - left)),
    );
}

function* accumulation({ get, mesh }: RuleContext): Generator<RuleFinding> {
  const steps = positive(get, accumulationPath);
  if (steps <= 1) return;
  const why = !mesh.semiAuto
    ? "outside of semi-automatic mode"
    : mesh.pipelineStages > 1
      ? `with a pipeline (pipeline_stage ${mesh.pipelineStages}): its micro_batch_num accumulates instead`
      : undefined;
  if (why !== undefined)
    yield warning(
      [accumulationPath, `gradient_accumulation_steps ${steps} is reset to 1 ${why}`],
      setTo(accumulationPath, 1),
    );
}

function* microInterleave({ get, mcore }: RuleContext): Generator<RuleFinding> {
  const path = "micro_batch_interleave_num";
  const count = positive(get, path);
  if (count > 1 && mcore)
    yield error(
      [path, `micro_batch_interleave_num ${count}: models with use_legacy False take 1 only`],
      setTo(path, 1),
    );
}

function* fullBatch({ get, mesh, device }: RuleContext): Generator<RuleFinding> {
  const path = "parallel.full_batch";
  if (get(path) !== true || !mesh.semiAuto || device !== "Ascend" || mesh.dataParallel < 2) return;
  if (Array.isArray(get("parallel.dataset_strategy"))) return;
  yield advice(
    [path, `every rank reads the whole batch, ${mesh.dataParallel} times the data that it needs`],
    setTo(path, false),
  );
}

export const batchRules: readonly Rule[] = [
  {
    id: "batch-size",
    about:
      "sizes holds three numbers and the first at least one global batch; samples that do not fill a batch are dropped",
    engine: "fails later",
    cure: true,
    check: batchSize,
  },
  {
    id: "accumulation",
    about: "gradient_accumulation_steps > 1 works in semi-automatic mode without a pipeline only",
    engine: "ignores",
    cure: true,
    check: accumulation,
  },
  {
    id: "micro-interleave",
    about: "micro_batch_interleave_num is 1 for mcore models",
    engine: "refuses",
    cure: true,
    check: microInterleave,
  },
  {
    id: "full-batch",
    about: "each rank reads its own part of the batch",
    engine: "accepts",
    cure: true,
    check: fullBatch,
  },
];
