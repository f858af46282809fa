import { positive, type ReadValue } from "../read-value.js";
import { type Layout, type PipelineSchedule, pipelineSchedules } from "./layout.js";
import { readMesh, usedMesh } from "./mesh.js";
import { readOffset } from "./offset.js";

/**
 * The layout that a configuration asks for. In data-parallel mode every device is a data-parallel one: `devices` is
 * their number, by default `data_parallel`.
 */
export function readLayout(get: ReadValue, devices?: number): Layout {
  const written = readMesh(get);
  const mesh = usedMesh(written, devices ?? written.dataParallel);
  const piped = mesh.pipelineStages > 1;
  const interleaved = piped && get("parallel.pipeline_config.pipeline_interleave") === true;
  const scheduler = get("parallel.pipeline_config.pipeline_scheduler");
  const known = pipelineSchedules.includes(scheduler as PipelineSchedule);
  return {
    ...mesh,
    sequenceParallel: mesh.semiAuto && get("parallel_config.use_seq_parallel") === true,
    microBatchSize: positive(get, "runner_config.batch_size"),
    microBatches: positive(
      get,
      piped ? "parallel_config.micro_batch_num" : "runner_config.gradient_accumulation_steps",
    ),
    microBatchInterleave: mesh.semiAuto ? positive(get, "micro_batch_interleave_num") : 1,
    interleave: interleaved ? positive(get, "model.model_config.pp_interleave_num") : 1,
    schedule: interleaved && known ? (scheduler as PipelineSchedule) : "1f1b",
    offset: piped ? readOffset(get("model.model_config.offset")) : undefined,
  };
}
