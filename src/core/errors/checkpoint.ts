import type { CatalogueEntry } from "./entry.js";

export const checkpointErrors = {
  CHECKPOINT_NONE: {
    meaning: "The folder holds no checkpoint that can be read, or none that is complete.",
    cure: "Check the folder; let the run save more often (save_checkpoint_steps).",
  },
  CHECKPOINT_MISSING: {
    meaning: "There is no checkpoint of the step that was asked for, or it lacks the rank or tensor.",
    cure: "Choose one of those that the message lists.",
  },
  SEAL_INVALID: {
    meaning: "A seal file (checksums of a checkpoint) is damaged or of another version.",
    cure: "Seal the checkpoint again with checkpoint.seal().",
  },
  CHECKPOINT_INDEX_INVALID: {
    meaning:
      "The index of a checkpoint (metadata.json, *.index.json, param_name_map.json) is damaged or says something else.",
    cure: "Copy the index again from where it was made.",
  },
  CHECKPOINT_SLICE_MISSING: {
    meaning: "No readable file of a checkpoint holds a part of a tensor, so the whole tensor can't be put together.",
    cure: "Find the missing rank's file; checkpoint.verify() names it.",
  },
  CKPT_INVALID: {
    meaning: "A MindSpore checkpoint (.ckpt) is cut short, damaged, or no checkpoint at all.",
    cure: "Use another checkpoint, or copy the file again from where it was made.",
  },
  CKPT_KEY_WRONG: {
    meaning: "A MindSpore checkpoint (.ckpt) is encrypted and no key was given, or one that does not fit.",
    cure: "Pass the key that save_checkpoint had as enc_key: openCheckpoint(path, { key }).",
  },
  STRATEGY_INVALID: {
    meaning: "A MindSpore strategy file is cut short, damaged, or no strategy file at all.",
    cure: "Pass a ckpt_strategy_rank_N.ckpt of the run's strategy folder.",
  },
} as const satisfies Record<string, CatalogueEntry>;
