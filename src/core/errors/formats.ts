import type { CatalogEntry } from "./entry.js";

export const formatsErrors = {
  NPY_INVALID: {
    meaning: "A file of the engine's index cache is truncated, damaged, or not a numpy array of integers.",
    cure: "Remove it; prepareIndices or the engine makes it again.",
  },
  MEGATRON_INDEX_INVALID: {
    meaning: "An .idx file is truncated, damaged, or not a Megatron index.",
    cure: "Run prepareData again, or copy the file again from its source.",
  },
  MINDRECORD_INVALID: {
    meaning: "A file or its .db index is truncated, damaged, renamed, or not in MindRecord format.",
    cure: "Copy the file and its .db again from their source, or make them again.",
  },
  SAFETENSORS_INVALID: {
    meaning: "A file is truncated, damaged, or not in safetensors format.",
    cure: "Use another checkpoint, or copy the file again from its source.",
  },
  TENSOR_UNREADABLE: {
    meaning: "A tensor's values can't be returned as an array: there are too many, or their type is packed.",
    cure: "Raise the limit that the message names, or choose a smaller tensor.",
  },
} as const satisfies Record<string, CatalogEntry>;
