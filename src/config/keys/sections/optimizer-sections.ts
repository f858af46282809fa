import { type Keys, key, newKeys, ofFloats, withDefaults } from "./key.js";

/** `optimizer` with the defaults that MindFormers takes if the whole section is missing. */
export const optimizerKeys: Keys = newKeys(
  {
    type: key("string", "AdamW", "AdamW, FusedAdamW, PmaAdamW, FusedPmaAdamW, Muon or Came"),
    learning_rate: key("float|null", 5e-5, "used without lr_schedule"),
    betas: ofFloats(key("list", [0.9, 0.999], "decay of both moments")),
    eps: key("float|list", 1e-8, "keeps the division stable"),
    weight_decay: key("float", 0, "pull toward zero"),
    use_fused: key("bool", undefined, "one operator for the whole step"),
    swap: key("bool", undefined, "moments rest in host memory; needs MS_DEV_RUNTIME_CONF=switch_inline:False"),
    amsgrad: key("bool", undefined, "use the largest second moment so far"),
    maximize: key("bool", undefined, "climb instead of descend"),
    fused_num: key("int", undefined, "pma: weights that are averaged"),
    interleave_step: key("int", undefined, "pma: steps between them"),
    fused_algo: key("string", undefined, "pma: ema or sma"),
    ema_alpha: key("float", undefined, "pma: share of the newest weights"),
    momentum: key("float", undefined, "muon: momentum"),
    nesterov: key("bool", undefined, "muon: look ahead"),
    ns_steps: key("int", undefined, "muon: Newton-Schulz steps"),
    matched_adamw_rms: key("float", undefined, "muon: size of an update, as AdamW's"),
    adamw_betas: ofFloats(key("list", undefined, "muon: betas of what AdamW updates")),
    adamw_eps: key("float", undefined, "muon: eps of what AdamW updates"),
    qk_clip_threshold: key("float", undefined, "muon: largest attention logit"),
    clip_threshold: key("float", undefined, "came: limit of an update"),
    decay_rate: key("float", undefined, "came: decay of the second moment"),
    beta1: key("float", undefined, "came: decay of the first moment"),
    beta3: key("float", undefined, "came: decay of the instability"),
    scale_parameter: key("bool", undefined, "came: scale by the size of the weights"),
    relative_step: key("bool", undefined, "came: rate from the step number"),
    warmup_init: key("bool", undefined, "came: warm up with relative_step"),
    compression: key("bool", undefined, "came: moments in float16"),
    loss_scale: key("float", undefined, "came: divide gradients by it"),
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
  type: key("string", "CosineWithWarmUpLR", "shape of the learning rate"),
  learning_rate: key("float", 5e-5, "highest rate"),
  lr_end: key("float", 0, "last rate"),
  warmup_steps: key("int|null", undefined, "steps with a rising rate"),
  warmup_ratio: key("float|null", 0, "the same as a share of total_steps"),
  warmup_lr_init: key("float", undefined, "rate at the first step"),
  total_steps: key("int|null", -1, "steps that the shape covers; -1: the whole run"),
  num_cycles: key("float", undefined, "waves of the cosine; 0.5 goes down once"),
  power: key("float", undefined, "exponent of the polynomial"),
  keep_steps: key("int", undefined, "steps at the highest rate"),
  decay_steps: key("int|null", undefined, "steps with a falling rate; null: all"),
  decay_ratio: key("float|null", undefined, "the same as a share of total_steps"),
  decay_start_steps: key("int|null", undefined, "step at which the rate begins to fall"),
  decay_start_ratio: key("float|null", undefined, "the same as a share of total_steps"),
  lr_end1: key("float", undefined, "rate after the first fall"),
  lr_end2: key("float|null", undefined, "last rate after the second fall; null: lr_end1"),
  final_steps: key("int", undefined, "steps of the second fall"),
  base_lr: key("float", undefined, "highest rate of the annealing types"),
  eta_min: key("float", undefined, "lowest rate of the annealing types"),
  t_max: key("int", undefined, "steps from the highest to the lowest rate"),
  t_0: key("int", undefined, "steps of the first wave"),
  t_mult: key("int", undefined, "factor from wave to wave"),
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
  type: key("string", "MFTrainOneStepCell", "cell that does one step"),
  scale_sense: key(
    "float|int|map",
    { type: "DynamicLossScaleUpdateCell", loss_scale_value: 65536, scale_factor: 2, scale_window: 1000 },
    "loss scale; 1.0 for bfloat16",
  ),
  use_clip_grad: key("bool", true, "limit the gradient's norm"),
  max_grad_norm: key("float", undefined, "the limit"),
  local_norm: key("bool", undefined, "log the norm of every parameter"),
  calculate_per_token_loss: key("bool", undefined, "average the loss over tokens instead of samples"),
  micro_batch_num: key("int", undefined, "set it in parallel_config"),
  global_norm_spike_threshold: key("float", undefined, "norm above which a batch is skipped"),
  use_skip_data_by_global_norm: key("bool", undefined, "skip a batch whose gradient norm jumps"),
  print_separate_loss: key("bool", undefined, "log the parts of the loss as well"),
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

/** Names that may stand under `type` in optimizer, lr_schedule and runner_wrapper. */
export function typesOf(section: string): readonly string[] {
  return Object.keys(typed[section]?.byType ?? {});
}

/** What `typedKeys` has made: a check of a configuration asks for every key of a section. */
const made = new Map<string, Keys>();

/**
 * Keys of optimizer, lr_schedule or runner_wrapper for a `type`: a section that exists gets none of the defaults of a
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
