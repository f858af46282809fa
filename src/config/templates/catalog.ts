/** What a configuration that comes with this package is for. */
export interface TemplateInfo {
  /** For `openConfig(name)`. */
  readonly name: string;
  /** Devices that its mesh needs. */
  readonly devices: number;
  readonly device: "Ascend" | "CPU";
  /** All parameters with those of multi-token prediction; undefined where the model's shape is not in the file. */
  readonly parameters: number | undefined;
  readonly purpose: string;
}

/** All templates, the largest DeepSeek-V3 first. */
export const templateCatalog: readonly TemplateInfo[] = [
  {
    name: "pretrain_deepseek3_671b",
    devices: 256,
    device: "Ascend",
    parameters: 682_636_487_424,
    purpose: "DeepSeek-V3 as MindFormers 1.9 trains it",
  },
  {
    name: "pretrain_deepseek3_671b_2025",
    devices: 1024,
    device: "Ascend",
    parameters: 682_636_487_424,
    purpose: "DeepSeek-V3 as in mid-2025 (model classes of MindFormers 1.5 and 1.6, use_legacy True)",
  },
  {
    name: "pretrain_deepseek3_12b",
    devices: 16,
    device: "Ascend",
    parameters: 12_112_188_928,
    purpose: "DeepSeek-V3 made small for two nodes: a first test of a cluster",
  },
  {
    name: "pretrain_deepseek3_1b",
    devices: 8,
    device: "Ascend",
    parameters: 1_256_849_456,
    purpose: "DeepSeek-V3 made small for one node: the model of the pre-training guide",
  },
  {
    name: "pretrain_deepseek3_tiny_cpu",
    devices: 2,
    device: "CPU",
    parameters: 8_319_876,
    purpose: "DeepSeek-V3 made tiny: trains on a laptop without an accelerator",
  },
  {
    name: "pretrain_qwen3_32b",
    devices: 16,
    device: "Ascend",
    parameters: 32_762_123_264,
    purpose: "Qwen3 32B, a dense model",
  },
  {
    name: "pretrain_qwen3_30b_a3b",
    devices: 16,
    device: "Ascend",
    parameters: 30_532_122_624,
    purpose: "Qwen3 30B-A3B, a mixture of experts",
  },
  {
    name: "pretrain_dense_general",
    devices: 8,
    device: "Ascend",
    parameters: undefined,
    purpose: "any dense model, by its Hugging Face configuration",
  },
  {
    name: "pretrain_moe_general",
    devices: 8,
    device: "Ascend",
    parameters: undefined,
    purpose: "any mixture of experts, by its Hugging Face configuration",
  },
];
