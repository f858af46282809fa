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
} as const satisfies Record<string, CatalogueEntry>;
