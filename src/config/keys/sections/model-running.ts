import { type Keys, key } from "./key.js";

const copied = (name: string): string => `set it in ${name}: MindFormers copies it here`;
const inference = "inference only";

/**
 * Fields of `TransformerConfig` that other sections fill (parallel_config, recompute_config, swap_config), or that only
 * inference uses.
 */
export const runningKeys: Keys = {
  batch_size: key("int", 1, copied("runner_config")),
  parallel_config: key("map|null", null, copied("parallel_config")),
  data_parallel_size: key("int", 1, copied("parallel_config")),
  tensor_model_parallel_size: key("int", 1, copied("parallel_config")),
  pipeline_model_parallel_size: key("int", 1, copied("parallel_config")),
  context_parallel_size: key("int", 1, copied("parallel_config")),
  expert_model_parallel_size: key("int", 1, copied("parallel_config")),
  expert_tensor_parallel_size: key("int|null", null, "devices that split one expert"),
  virtual_pipeline_model_parallel_size: key("int|null", null, "blocks of layers per stage (pp_interleave_num)"),
  pp_interleave_num: key("int|null", null, "blocks of layers per stage"),
  offset: key("int|list|null", 0, "layers more or less per stage; the sum is the remainder of layers / stages"),
  sequence_parallel: key("bool", false, copied("parallel_config")),
  context_parallel_algo: key("string", "colossalai_cp", copied("parallel_config")),
  ulysses_degree_in_cp: key("int", 1, copied("parallel_config")),
  hierarchical_context_parallel_sizes: key("int", 1, copied("parallel_config")),
  cp_comm_type: key("string|list|null", null, "communication of context parallelism, reserved"),
  micro_batch_num: key("int|null", 1, copied("parallel_config")),
  seq_split_num: key("int|null", 1, copied("parallel_config")),
  gradient_aggregation_group: key("int", 4, copied("parallel_config")),
  vocab_emb_dp: key("bool|null", false, copied("parallel_config")),
  recompute: key("bool|list|null", false, copied("recompute_config")),
  select_recompute: key("bool|list|null", false, copied("recompute_config")),
  parallel_optimizer_comm_recompute: key("bool|null", false, copied("recompute_config")),
  select_comm_recompute: key("bool|null", false, copied("recompute_config")),
  mp_comm_recompute: key("bool|null", true, copied("recompute_config")),
  recompute_slice_activation: key("bool", false, copied("recompute_config")),
  select_recompute_exclude: key("bool|list|null", false, copied("recompute_config")),
  select_comm_recompute_exclude: key("bool|list|null", false, copied("recompute_config")),
  cpu_offloading: key("bool", false, copied("swap_config")),
  cpu_offloading_num_layers: key("list|map|null", null, copied("swap_config")),
  op_swap: key("list|map|null", null, copied("swap_config")),
  default_prefetch: key("int", 1, copied("swap_config")),
  disable_lazy_inline: key("bool", false, "compile every layer by itself"),
  pet_config: key("map|null", null, "settings of parameter-efficient tuning"),
  quantization_config: key("map|null", null, inference),
  block_size: key("int", 16, inference),
  num_blocks: key("int", 512, inference),
  pre_process: key("bool", true, inference),
  post_process: key("bool", true, inference),
  attn_reduce_scatter: key("bool", false, inference),
  attn_allgather: key("bool", false, inference),
  attn_allreduce: key("bool", true, inference),
  ffn_reduce_scatter: key("bool", false, inference),
  ffn_allgather: key("bool", false, inference),
  ffn_allreduce: key("bool", true, inference),
  use_alltoall: key("bool", false, inference),
  use_fused_mla: key("bool", false, inference),
};
