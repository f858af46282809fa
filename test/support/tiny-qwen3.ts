import type { Config } from "../../src/config/config.js";
import { openConfig } from "../../src/config/open.js";

const loader = "train_dataset.data_loader";
const columns = ["input_ids", "labels", "loss_mask", "position_ids", "attention_mask"];

/** A dense Qwen3 of two layers and four query heads for two processes without an accelerator. */
export async function tinyQwen3(sizes: {
  readonly vocabulary: number;
  readonly seqLength: number;
  /** Heads of keys and values. */
  readonly keyHeads: number;
  /** Both processes together. */
  readonly samples: number;
  /** Prefix of the token files. */
  readonly tokens: string;
}): Promise<Config> {
  const { vocabulary, seqLength, keyHeads, samples, tokens } = sizes;
  const model = {
    ...{ vocab_size: vocabulary, seq_length: seqLength, max_position_embeddings: seqLength },
    ...{ hidden_size: 32, head_dim: 8, num_attention_heads: 4, num_key_value_heads: keyHeads },
    ...{ num_hidden_layers: 2, intermediate_size: 64, offset: 0, compute_dtype: "float32" },
  };
  return (await openConfig("pretrain_qwen3_32b"))
    .merge({
      model: { model_config: model },
      parallel_config: { data_parallel: 2, model_parallel: 1, pipeline_stage: 1, micro_batch_num: 1 },
      parallel: { parallel_mode: 0, gradients_mean: true, full_batch: false },
      context: { device_target: "CPU", max_device_memory: "8GB" },
      runner_config: { sink_mode: false, epochs: 1 },
      recompute_config: { recompute: false },
      lr_schedule: { learning_rate: 5e-3 },
      train_dataset: { input_columns: columns, construct_args_key: columns, num_parallel_workers: 1 },
    })
    .set(`${loader}.sizes.0`, samples)
    .set(`${loader}.config.seq_length`, seqLength)
    .set(`${loader}.config.eod`, 1)
    .set(`${loader}.config.create_attention_mask`, true)
    .set(`${loader}.config.data_path.1`, tokens);
}
