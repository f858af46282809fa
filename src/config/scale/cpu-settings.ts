/** A setting that the hardware demands, and why. */
export interface Demand {
  readonly path: string;
  readonly now: unknown;
  readonly why: string;
  /** True: only where the key is written already; what MindFormers takes else is right. */
  readonly onlyIfWritten?: boolean;
}

/**
 * What a run on a CPU needs: data parallelism of whole models in float32. Source: the engine layer's README (what
 * MindSpore's CPU backend can do).
 */
export function cpuDemands(devices: number): Demand[] {
  const alone = "MindSpore on CPU knows only data parallelism";
  const one = (name: string): Demand => ({ path: `parallel_config.${name}`, now: 1, why: alone, onlyIfWritten: true });
  return [
    { path: "context.device_target", now: "CPU", why: "the hardware" },
    { path: "context.max_device_memory", now: "8GB", why: "not used on CPU, but read", onlyIfWritten: true },
    {
      path: "context.mempool_block_size",
      now: "1GB",
      why: "must not be larger than max_device_memory",
      onlyIfWritten: true,
    },
    { path: "use_parallel", now: true, why: "workers are always started by msrun" },
    { path: "parallel.parallel_mode", now: 0, why: alone },
    { path: "parallel.gradients_mean", now: true, why: "data parallelism averages the gradients" },
    { path: "parallel.full_batch", now: false, why: "every worker reads its own part of a batch" },
    { path: "parallel.enable_parallel_optimizer", now: false, why: alone, onlyIfWritten: true },
    {
      path: "parallel.parallel_optimizer_config.optimizer_weight_shard_size",
      now: -1,
      why: "the optimizer state is not sharded",
      onlyIfWritten: true,
    },
    { path: "parallel.enable_alltoall", now: false, why: alone, onlyIfWritten: true },
    { path: "parallel.pipeline_config.pipeline_interleave", now: false, why: alone, onlyIfWritten: true },
    { path: "parallel.pipeline_config.pipeline_scheduler", now: "1f1b", why: alone, onlyIfWritten: true },
    { path: "parallel_config.data_parallel", now: devices, why: "one worker per device" },
    one("model_parallel"),
    one("pipeline_stage"),
    one("context_parallel"),
    one("expert_parallel"),
    one("micro_batch_num"),
    { path: "parallel_config.use_seq_parallel", now: false, why: alone, onlyIfWritten: true },
    { path: "micro_batch_interleave_num", now: 1, why: alone, onlyIfWritten: true },
    { path: "runner_config.batch_size", now: 1, why: "one sample per worker and step" },
    { path: "runner_config.sink_mode", now: false, why: "there is no device queue on CPU" },
    ...["train_dataset", "train_dataset_task.dataset_config"].map(
      (section): Demand => ({
        path: `${section}.num_parallel_workers`,
        now: 1,
        why: "MindSpore refuses more readers than there are cores",
        onlyIfWritten: true,
      }),
    ),
    { path: "recompute_config.recompute", now: false, why: "not used on CPU", onlyIfWritten: true },
    { path: "recompute_config.select_recompute", now: false, why: "not used on CPU", onlyIfWritten: true },
    {
      path: "optimizer.swap",
      now: false,
      why: "the optimizer state is in host memory anyway",
      onlyIfWritten: true,
    },
    {
      path: "model.model_config.compute_dtype",
      now: "float32",
      why: "MindSpore on CPU multiplies no bfloat16 matrices",
    },
    { path: "model.model_config.offset", now: 0, why: "no pipeline", onlyIfWritten: true },
    { path: "model.model_config.pp_interleave_num", now: 1, why: "no pipeline", onlyIfWritten: true },
  ];
}
