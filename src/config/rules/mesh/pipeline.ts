import { offsetProblem, type PipelineShape } from "../../../model/layout/layers.js";
import { balancedOffset, readOffset } from "../../../model/layout/offset.js";
import { positive } from "../../../model/read-value.js";
import { isSection } from "../../text/values.js";
import { type Cure, setAll, setTo } from "../cure.js";
import { advice, error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const offsetPath = "model.model_config.offset";
const microPath = "parallel_config.micro_batch_num";
const schedulerPath = "parallel.pipeline_config.pipeline_scheduler";
const interleavePath = "parallel.pipeline_config.pipeline_interleave";

/** Blocks of layers per stage: `pp_interleave_num`, if interleaving is on. */
export function blocksOf({ get, model }: RuleContext): number {
  const count = model?.pp_interleave_num;
  return get(interleavePath) === true && typeof count === "number" && count >= 1 ? count : 1;
}

/** Layers that the offsets distribute: mid-2025 models count the prediction layer, mcore models don't. */
function layersOf({ modelNumber, mcore, get }: RuleContext): number | undefined {
  const layers = modelNumber("num_hidden_layers");
  const depth = mcore ? 0 : (modelNumber("num_nextn_predict_layers") ?? get("model.model_config.mtp_depth") ?? 0);
  return layers === undefined ? undefined : layers + (typeof depth === "number" ? depth : 0);
}

function* microBatches({ mesh, get }: RuleContext): Generator<RuleFinding> {
  const count = positive(get, microPath);
  const stages = mesh.pipelineStages;
  if (!mesh.semiAuto) return;
  if (stages > 1 && count < stages)
    yield error(
      [
        microPath,
        `a pipeline needs at least one micro-batch per stage: micro_batch_num ${count} < pipeline_stage ${stages}`,
      ],
      setTo(microPath, stages),
    );
  if (stages === 1 && count > 1)
    yield warning(
      [
        microPath,
        `without a pipeline micro_batch_num ${count} is reset to 1: the global batch is ${count} times smaller`,
      ],
      setAll([
        [microPath, 1],
        ["runner_config.gradient_accumulation_steps", count],
      ]),
    );
}

/** An offset as a configuration has it, with the remainder spread evenly. */
function legalOffset(layers: number, stages: number, blocks: number): unknown {
  const rows = balancedOffset(layers, stages, blocks);
  if (layers % (stages * blocks) === 0) return 0;
  return blocks === 1 ? rows[0] : rows;
}

function shapeText(offset: unknown): string {
  if (!Array.isArray(offset)) return "one number";
  const rows = (offset as unknown[]).filter(Array.isArray).map((row) => (row as unknown[]).length);
  return rows.length === 0
    ? `${offset.length} numbers`
    : `${offset.length} lists of ${[...new Set(rows)].join(" or ")}`;
}

function offsetText(offset: unknown, layers: number, pipeline: PipelineShape): string | undefined {
  const { pipelineStages: stages, interleave: blocks } = pipeline;
  const found = offsetProblem(layers, pipeline);
  if (found === undefined) return undefined;
  const extra = blocks > 1 ? ` · pp_interleave_num ${blocks}` : "";
  if (found.problem === "shape")
    return (
      `expected ${blocks > 1 ? `${blocks} lists of ` : ""}${stages} numbers ` +
      `(pipeline_stage ${stages}${extra}) or 0, found ${shapeText(offset)}`
    );
  if (found.problem === "sum")
    return (
      `the offsets must add up to the remainder: ` +
      `num_hidden_layers ${layers} mod (pipeline_stage ${stages}${extra}) = ${found.remainder}, found ${found.sum}`
    );
  return `a stage in the middle would have no layer: layers per stage ${found.counts.join(", ")}`;
}

function* layerOffset(context: RuleContext): Generator<RuleFinding> {
  const { mesh, model } = context;
  const layers = layersOf(context);
  const blocks = blocksOf(context);
  const stages = mesh.pipelineStages;
  if (model === undefined || layers === undefined || !mesh.semiAuto || stages * blocks <= 1) return;
  if (layers < stages * blocks) return;
  const offset = readOffset(model.offset);
  const pipeline = { pipelineStages: stages, interleave: blocks, schedule: "1f1b", offset } as const;
  const problem = offsetText(model.offset, layers, pipeline);
  if (problem === undefined) return;
  yield error([offsetPath, problem], setTo(offsetPath, legalOffset(layers, stages, blocks)));
}

function* enoughLayers(context: RuleContext): Generator<RuleFinding> {
  const { mesh, modelNumber, modelPath } = context;
  const layers = modelNumber("num_hidden_layers");
  const blocks = blocksOf(context);
  const places = mesh.pipelineStages * blocks;
  if (layers === undefined || !mesh.semiAuto || places <= 1) return;
  if (layers >= places) return;
  const product = blocks > 1 ? ` · pp_interleave_num ${blocks} = ${places}` : "";
  const message = `too few layers: num_hidden_layers ${layers} < pipeline_stage ${mesh.pipelineStages}${product}`;
  const path = modelPath("num_hidden_layers");
  yield error(
    [path, message],
    setAll([
      [path, places],
      [offsetPath, 0],
    ]),
  );
}

function zeroBubble(context: RuleContext): (readonly [string, string, Cure])[] {
  const { mesh, get, model } = context;
  const stages = mesh.pipelineStages;
  const micro = positive(get, microPath);
  const blocks = model?.pp_interleave_num;
  const found: (readonly [string, string, Cure])[] = [];
  if (blocks !== 2)
    found.push([
      "model.model_config.pp_interleave_num",
      `zero_bubble_v needs pp_interleave_num 2, found ${String(blocks ?? "nothing")}`,
      setTo("model.model_config.pp_interleave_num", 2),
    ]);
  if (stages < 2)
    found.push([
      schedulerPath,
      `zero_bubble_v needs pipeline_stage ≥ 2, found ${stages}`,
      setTo(schedulerPath, "1f1b"),
    ]);
  else if (micro < 2 * stages)
    found.push([
      microPath,
      `zero_bubble_v needs two micro-batches per stage: ` +
        `micro_batch_num ${micro} < 2 · pipeline_stage ${stages} = ${2 * stages}`,
      setTo(microPath, 2 * stages),
    ]);
  return found;
}

function* scheduler(context: RuleContext): Generator<RuleFinding> {
  const { get, mesh, mcore, model } = context;
  const name = get(schedulerPath);
  const split = positive(get, "parallel_config.seq_split_num");
  const splitPath = "parallel_config.seq_split_num";
  if (get("parallel.auto_pipeline") === true)
    yield error(
      ["parallel.auto_pipeline", "MindFormers 1.9 has no automatic pipeline"],
      setTo("parallel.auto_pipeline", false),
    );
  const pair = get("parallel.pipeline_config");
  const missing = ["pipeline_interleave", "pipeline_scheduler"].find(
    (one) => isSection(pair) && pair[one] === undefined,
  );
  if (missing !== undefined)
    yield error(
      [
        `parallel.pipeline_config.${missing}`,
        `pipeline_config needs pipeline_interleave and pipeline_scheduler, ${missing} is missing`,
      ],
      setTo(`parallel.pipeline_config.${missing}`, missing === "pipeline_interleave" ? name !== "1f1b" : "1f1b"),
    );
  if (get(interleavePath) === false && typeof name === "string" && name !== "1f1b")
    yield error(
      [schedulerPath, `without pipeline_interleave the schedule is 1f1b, found ${name}`],
      setTo(schedulerPath, "1f1b"),
    );
  if (name === "seqvpp" && split === 1)
    yield error([schedulerPath, "seqvpp needs seq_split_num > 1, found 1"], setTo(schedulerPath, "seqpipe"));
  if (split > 1 && mcore && mesh.pipelineStages > 1)
    yield error([splitPath, `seq_split_num ${split}: models with use_legacy False take 1 only`], setTo(splitPath, 1));
  else if (split > 1 && mesh.pipelineStages > 1 && get("recompute_config.recompute") === true)
    yield error([splitPath, `seq_split_num ${split} does not go together with full recompute`], setTo(splitPath, 1));
  if (name === "zero_bubble_v")
    for (const [path, message, cure] of zeroBubble(context)) yield error([path, message], cure);
  const blocks = model?.pp_interleave_num;
  if (typeof blocks === "number" && blocks > 1 && get(interleavePath) !== true && mesh.pipelineStages > 1)
    yield warning(
      [
        "model.model_config.pp_interleave_num",
        `pp_interleave_num ${blocks} has no effect: pipeline_interleave is not True`,
      ],
      setTo("model.model_config.pp_interleave_num", 1),
    );
}

function* bubble(context: RuleContext): Generator<RuleFinding> {
  const { mesh, get } = context;
  const stages = mesh.pipelineStages;
  const micro = positive(get, microPath);
  const blocks = blocksOf(context);
  if (!mesh.semiAuto || stages <= 1 || micro < stages) return;
  const share = (stages - 1) / (blocks * micro + stages - 1);
  if (share <= 1 / 3) return;
  const enough = Math.ceil((2 * (stages - 1)) / blocks);
  const percent = (value: number): string => `${(value * 100).toFixed(0)} %`;
  const better = percent((stages - 1) / (blocks * enough + stages - 1));
  const works = `${blocks > 1 ? `${blocks} · ` : ""}micro_batch_num ${micro}`;
  yield advice(
    [
      microPath,
      `devices idle ${percent(share)} of a step: (pipeline_stage ${stages} − 1) / (${works} + ${stages - 1})`,
    ],
    {
      ...setTo(microPath, enough),
      hint: `config.set("${microPath}", ${enough}) idles ${better} (and makes the global batch larger)`,
    },
  );
}

export const pipelineRules: readonly Rule[] = [
  {
    id: "micro-batches",
    about: "micro_batch_num ≥ pipeline_stage; without a pipeline it is 1",
    engine: "fails later",
    cure: true,
    check: microBatches,
  },
  {
    id: "layer-offset",
    about:
      "offsets have one number per stage and block, " +
      "add up to layers mod (stages · blocks), and leave no inner stage empty",
    engine: "refuses",
    cure: true,
    check: layerOffset,
  },
  {
    id: "enough-layers",
    about: "at least one layer per stage and block",
    engine: "refuses",
    cure: true,
    check: enoughLayers,
  },
  {
    id: "scheduler",
    about: "the pipeline's schedule is complete and fits its stages, blocks, micro-batches, and sequence parts",
    engine: "refuses",
    cure: true,
    check: scheduler,
  },
  {
    id: "bubble",
    about: "a pipeline idles at most a third of a step: (p − 1) / (v · m + p − 1) ≤ 1/3",
    engine: "accepts",
    cure: true,
    check: bubble,
  },
];
