import { type Keys, key, newKeys, ofFloats, withDefaults } from "./key.js";

/** `optimizer` with the defaults that MindFormers takes if the whole section is missing. */
export const optimizerKeys: Keys = newKeys(
  {
    type: key("string", "AdamW", "AdamW, FusedAdamW, PmaAdamW, FusedPmaAdamW, Muon, or Came"),
    learning_rate: key("float|null", 5e-5, "used without lr_schedule"),
    betas: ofFloats(key("list", [0.9, 0.999], "decay rates of the two moments")),
    eps: key("float|list", 1e-8, "added to the denominator for numerical stability"),
    weight_decay: key("float", 0, "decay of the weights"),
    use_fused: key("bool", undefined, "fused optimizer kernel"),
    swap: key("bool", undefined, "optimizer state in host memory; needs MS_DEV_RUNTIME_CONF=switch_inline:False"),
    amsgrad: key("bool", undefined, "use the largest second moment so far"),
    maximize: key("bool", undefined, "maximize the loss instead of minimizing it"),
    fused_num: key("int", undefined, "pma: number of averaged weights"),
    interleave_step: key("int", undefined, "pma: steps between averaged weights"),
    fused_algo: key("string", undefined, "pma: ema or sma"),
    ema_alpha: key("float", undefined, "pma: share of the newest weights"),
    momentum: key("float", undefined, "muon: momentum"),
    nesterov: key("bool", undefined, "muon: Nesterov momentum"),
    ns_steps: key("int", undefined, "muon: Newton-Schulz steps"),
    matched_adamw_rms: key("float", undefined, "muon: RMS of an update, matched to AdamW's"),
    adamw_betas: ofFloats(key("list", undefined, "muon: betas for parameters that AdamW updates")),
    adamw_eps: key("float", undefined, "muon: eps for parameters that AdamW updates"),
    qk_clip_threshold: key("float", undefined, "muon: threshold of QK-clip for attention logits"),
    clip_threshold: key("float", undefined, "came: clipping threshold of an update"),
    decay_rate: key("float", undefined, "came: decay of the second moment"),
    beta1: key("float", undefined, "came: decay of the first moment"),
    beta3: key("float", undefined, "came: decay of the instability"),
    scale_parameter: key("bool", undefined, "came: scale by the size of the weights"),
    relative_step: key("bool", undefined, "came: rate from the step number"),
    warmup_init: key("bool", undefined, "came: warm up with relative_step"),
    compression: key("bool", undefined, "came: moments in float16"),
    loss_scale: key("float", undefined, "came: divisor of the gradients"),
  },
  ["swap"],
);

const adamDefaults = { learning_rate: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, swap: false };
const fusedDefaults = { amsgrad: false, maximize: false };
const averageDefaults = { fused_num: 10, interleave_step: 1000, fused_algo: "ema", ema_alpha: 0.2 };

const optimizerDefaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  AdamW: { ...adamDefaults, use_fused: false, ...fusedDefaults },
  PmaAdamW: { ...adamDefaults, use_fused: false, ...fusedDefaults, ...averageDefaults },
  FusedAdamW: { ...adamDefaults, ...fusedDefaults },
  FusedPmaAdamW: { ...adamDefaults, ...fusedDefaults, ...averageDefaults },
  Muon: {
    learning_rate: 0.02,
    weight_decay: 0.1,
    matched_adamw_rms: 0.2,
    momentum: 0.95,
    nesterov: true,
    ns_steps: 5,
    adamw_betas: [0.95, 0.95],
    adamw_eps: 1e-8,
    qk_clip_threshold: 100,
  },
  Came: {
    learning_rate: null,
    eps: [1e-30, 1e-3, 1e-16],
    clip_threshold: 1,
    decay_rate: 0.8,
    beta1: 0.9,
    beta3: 0.99,
    weight_decay: 0,
    scale_parameter: false,
    relative_step: false,
    warmup_init: false,
    compression: false,
    loss_scale: 1,
  },
};

/** `lr_schedule`, all types together, with the defaults that MindFormers takes if the whole section is missing. */
export const scheduleKeys: Keys = {
  type: key("string", "CosineWithWarmUpLR", "schedule of the learning rate"),
  learning_rate: key("float", 5e-5, "highest rate"),
  lr_end: key("float", 0, "last rate"),
  warmup_steps: key("int|null", undefined, "warm-up steps"),
  warmup_ratio: key("float|null", 0, "the same as a share of total_steps"),
  warmup_lr_init: key("float", undefined, "rate at the first step"),
  total_steps: key("int|null", -1, "steps that the schedule covers; -1: the whole run"),
  num_cycles: key("float", undefined, "cosine cycles; 0.5 decays once"),
  power: key("float", undefined, "exponent of the polynomial"),
  keep_steps: key("int", undefined, "steps at the highest rate"),
  decay_steps: key("int|null", undefined, "decay steps; null: all"),
  decay_ratio: key("float|null", undefined, "the same as a share of total_steps"),
  decay_start_steps: key("int|null", undefined, "step at which the decay begins"),
  decay_start_ratio: key("float|null", undefined, "the same as a share of total_steps"),
  lr_end1: key("float", undefined, "rate after the first decay"),
  lr_end2: key("float|null", undefined, "last rate, after the second decay; null: lr_end1"),
  final_steps: key("int", undefined, "steps of the second decay"),
  base_lr: key("float", undefined, "highest rate of the annealing types"),
  eta_min: key("float", undefined, "lowest rate of the annealing types"),
  t_max: key("int", undefined, "steps from the highest to the lowest rate"),
  t_0: key("int", undefined, "steps of the first cycle"),
  t_mult: key("int", undefined, "factor from each cycle's length to the next"),
  lr_scale: key("float", undefined, "factor of a layer"),
};

const warmup = { warmup_lr_init: 0, warmup_ratio: null };
const bySteps = { ...warmup, warmup_steps: null, total_steps: null };

const scheduleDefaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ConstantWarmUpLR: bySteps,
  LinearWithWarmUpLR: { ...warmup, warmup_steps: null },
  CosineWithWarmUpLR: {
    ...bySteps,
    warmup_steps: 0,
    num_cycles: 0.5,
    lr_end: 0,
    decay_steps: null,
    decay_ratio: null,
  },
  CosineWithRestartsAndWarmUpLR: { ...bySteps, num_cycles: 1, lr_end: 0, decay_steps: null },
  PolynomialWithWarmUpLR: { ...warmup, warmup_steps: null, lr_end: 1e-7, power: 1, decay_steps: null },
  ConstantWithCoolDownLR: {
    ...bySteps,
    keep_steps: 0,
    decay_steps: null,
    decay_ratio: null,
    num_cycles: 0.5,
    lr_end1: 0,
    final_steps: 0,
    lr_end2: null,
  },
  WarmUpStableDecayLR: { ...bySteps, lr_end: 1e-7, decay_start_steps: null, decay_start_ratio: null },
  CosineAnnealingLR: { eta_min: 0 },
  CosineAnnealingWarmRestarts: { t_mult: 1, eta_min: 0 },
  LearningRateWiseLayer: {},
};

/** Second names of schedules in MindFormers' register. */
const scheduleNames: Readonly<Record<string, string>> = {
  constant_with_warmup: "ConstantWarmUpLR",
  linear: "LinearWithWarmUpLR",
  cosine: "CosineWithWarmUpLR",
  cosine_with_restarts: "CosineWithRestartsAndWarmUpLR",
  polynomial: "PolynomialWithWarmUpLR",
  cosine_annealing: "CosineAnnealingLR",
  cosine_annealing_warm_restarts: "CosineAnnealingWarmRestarts",
};

/** `runner_wrapper` with the defaults that MindFormers takes if the whole section is missing. */
export const wrapperKeys: Keys = {
  type: key("string", "MFTrainOneStepCell", "cell that runs one training step"),
  scale_sense: key(
    "float|int|map",
    { type: "DynamicLossScaleUpdateCell", loss_scale_value: 65536, scale_factor: 2, scale_window: 1000 },
    "loss scale; 1.0 for bfloat16",
  ),
  use_clip_grad: key("bool", true, "clip gradients by their norm"),
  max_grad_norm: key("float", undefined, "largest gradient norm"),
  local_norm: key("bool", undefined, "log the norm of every parameter"),
  calculate_per_token_loss: key("bool", undefined, "average the loss over tokens instead of samples"),
  micro_batch_num: key("int", undefined, "set it in parallel_config"),
  global_norm_spike_threshold: key("float", undefined, "gradient norm above which a batch is skipped"),
  use_skip_data_by_global_norm: key("bool", undefined, "skip a batch whose gradient norm spikes"),
  print_separate_loss: key("bool", undefined, "also log the parts of the loss"),
};

const stepDefaults = {
  use_clip_grad: false,
  max_grad_norm: 1,
  scale_sense: 1,
  local_norm: false,
  calculate_per_token_loss: false,
  global_norm_spike_threshold: 1,
  use_skip_data_by_global_norm: false,
  print_separate_loss: false,
};

const wrapperDefaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  MFTrainOneStepCell: stepDefaults,
  MFPipelineWithLossScaleCell: { ...stepDefaults, use_clip_grad: true, micro_batch_num: 1 },
};

interface Typed {
  readonly keys: Keys;
  readonly byType: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly names?: Readonly<Record<string, string>>;
}

const typed: Readonly<Record<string, Typed>> = {
  optimizer: { keys: optimizerKeys, byType: optimizerDefaults },
  lr_schedule: { keys: scheduleKeys, byType: scheduleDefaults, names: scheduleNames },
  runner_wrapper: { keys: wrapperKeys, byType: wrapperDefaults },
};

/** Names that may stand under `type` in optimizer, lr_schedule, and runner_wrapper. */
export function typesOf(section: string): readonly string[] {
  return Object.keys(typed[section]?.byType ?? {});
}

/** What `typedKeys` has made: a check of a configuration asks for every key of a section. */
const made = new Map<string, Keys>();

/**
 * Keys of optimizer, lr_schedule, or runner_wrapper for a `type`: a section that exists gets none of the defaults of a
 * missing one, its class has its own. Without a type: the keys of a missing section.
 */
export function typedKeys(section: string, type: unknown): Keys {
  const { keys, byType, names } = typed[section] as Typed;
  if (typeof type !== "string") return keys;
  const name = names !== undefined && Object.hasOwn(names, type) ? (names[type] as string) : type;
  if (!Object.hasOwn(byType, name)) return keys;
  const known = made.get(`${section} ${name}`);
  if (known !== undefined) return known;
  const bare = Object.fromEntries(Object.entries(keys).map(([at, info]) => [at, { ...info, default: undefined }]));
  const own = withDefaults(bare, byType[name] as Readonly<Record<string, unknown>>);
  made.set(`${section} ${name}`, own);
  return own;
}
