import type { CatalogEntry } from "./entry.js";

export const checkpointErrors = {
  CHECKPOINT_NONE: {
    meaning: "The folder holds no readable checkpoint, or no complete one.",
    cure: "Check the folder; let the run save more often (save_checkpoint_steps).",
  },
  CHECKPOINT_MISSING: {
    meaning: "No checkpoint of the requested step exists, or it lacks the requested rank or tensor.",
    cure: "Choose one of those that the message lists.",
  },
  CHECKPOINT_CHANGED: {
    meaning: "A file of a checkpoint was changed or replaced after the checkpoint was opened.",
    cure: "Open the checkpoint again; a live training may have rewritten it.",
  },
  CHECKPOINT_ELSEWHERE: {
    meaning: "A checkpoint at an address (ssh://, http://) is read-only; only its own machine can seal or remove it.",
    cure: "Run the call on the machine that holds the files.",
  },
  SEAL_BROKEN: {
    meaning: "Files of a checkpoint differ from its seal, so another seal would hide the change.",
    cure: 'See checkpoint.scrub(); if the change was meant, checkpoint.seal({ changes: "accept" }).',
  },
  SEAL_INVALID: {
    meaning: "A seal file (checksums of a checkpoint) is damaged or of another version.",
    cure: "Seal the checkpoint again with checkpoint.seal().",
  },
  CHECKPOINT_INDEX_INVALID: {
    meaning:
      "An index of a checkpoint (metadata.json, *.index.json, param_name_map.json) is damaged or has other content.",
    cure: "Copy the index again from its source.",
  },
  CHECKPOINT_SLICE_MISSING: {
    meaning: "No readable file of a checkpoint holds a part of a tensor, so the whole tensor can't be put together.",
    cure: "Find the missing rank's file; checkpoint.verify() names it.",
  },
  CKPT_INVALID: {
    meaning: "A .ckpt file is truncated, damaged, or not a MindSpore checkpoint.",
    cure: "Use another checkpoint, or copy the file again from its source.",
  },
  CKPT_KEY_WRONG: {
    meaning: "A MindSpore checkpoint (.ckpt) is encrypted, and the key is missing or wrong.",
    cure: "Pass the key that save_checkpoint had as enc_key: openCheckpoint(path, { key }).",
  },
  STRATEGY_INVALID: {
    meaning: "A file is truncated, damaged, or not a MindSpore strategy file.",
    cure: "Pass a ckpt_strategy_rank_N.ckpt of the run's strategy folder.",
  },
  CHECKPOINT_PLACES_UNKNOWN: {
    meaning: "Several ranks hold a tensor, and nothing says whether they hold slices or replicas.",
    cure: "Open the checkpoint with a strategy: openCheckpoint(folder, { strategy }).",
  },
  CONVERT_OUTPUT_TAKEN: {
    meaning: "The output folder of a conversion holds other files.",
    cure: "Choose another output folder, or remove this one.",
  },
  CONVERT_RUNNING: {
    meaning: "Another process is writing the same output of a conversion.",
    cure: "Wait until it is done, or end the process that the message names.",
  },
  CONVERT_PROOF_FAILED: {
    meaning: "A converted tensor, read back from disk, differs from the bytes that were written.",
    cure: "Check the disk, remove the output folder, and run the conversion again.",
  },
  CONVERT_TYPE_UNKNOWN: {
    meaning: "The target format does not support a tensor's element type.",
    cure: "Exclude the tensor with match, or stay in safetensors.",
  },
  CONVERT_MODEL_UNKNOWN: {
    meaning: "The model's family or config is unknown, so its tensors can't be renamed for another program.",
    cure: "Pass the config that the model was trained with; DeepSeek-V3, Qwen3, and Qwen3-MoE are known.",
  },
  RETENTION_CHANGED: {
    meaning: "The newest complete checkpoint has changed since the folder was opened, so nothing was removed.",
    cure: "Open the folder again and look at the new preview.",
  },
} as const satisfies Record<string, CatalogEntry>;
