import type { CatalogEntry } from "./entry.js";

export const formatsErrors = {
  NPY_INVALID: {
    meaning: "A file of the engine's index cache is cut short, damaged, or no numpy array of whole numbers.",
    cure: "Remove it; prepareIndices or the engine makes it anew.",
  },
  MEGATRON_INDEX_INVALID: {
    meaning: "An .idx file is cut short, damaged, or no Megatron index at all.",
    cure: "Run prepareData again, or copy the file again from where it was made.",
  },
  MINDRECORD_INVALID: {
    meaning: "A MindRecord file or its .db index is cut short, damaged, renamed, or no MindRecord file at all.",
    cure: "Copy the file and its .db again from where they were made, or make them again.",
  },
  SAFETENSORS_INVALID: {
    meaning: "A .safetensors file is cut short, damaged, or no safetensors file at all.",
    cure: "Use another checkpoint, or copy the file again from where it was made.",
  },
  TENSOR_UNREADABLE: {
    meaning: "A tensor's values can't be given as an array: too many, or of a packed type.",
    cure: "Raise the limit that the message names, or choose a smaller tensor.",
  },
} as const satisfies Record<string, CatalogEntry>;
