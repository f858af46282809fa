import type { CatalogEntry } from "./entry.js";

export const runErrors = {
  ENGINE_MISSING: {
    meaning: "MindSpore's launcher msrun is not installed where the plan expects it.",
    cure: "Run npm run setup, or set MF_LAB_PYTHON to the Python of an environment that has MindFormers.",
  },
  DEVICE_MISSING: {
    meaning: "The plan is for Ascend NPUs, and this machine has none.",
    cure: 'Launch on a machine with NPUs, name it in cluster.hosts, or plan for this one: cluster: { device: "CPU" }.',
  },
  NODE_NOT_LOCAL: {
    meaning: "None of the cluster's nodes is this machine, so nothing can be started here.",
    cure: "Launch on one of the nodes, or correct the addresses in the cluster's nodes.",
  },
  PORT_IN_USE: {
    meaning: "Another process holds the port at which the cluster's processes meet.",
    cure: "Give cluster.port another value; the message proposes a free one.",
  },
  RUN_FAILED: {
    meaning: "A training run ended before its last step, or its engine never started.",
    cure: "Read the log lines in the error, fix the cause, then continue with resumeRun or launch again.",
  },
  RUN_FOLDER_UNREADABLE: {
    meaning: "A run folder has no configuration, or no run.json that this version understands.",
    cure: "Open it with the version that wrote it, or choose another name.",
  },
  RUN_LIVE: {
    meaning: "The call needs a run that has stopped, and this one is still training.",
    cure: "Wait for its end with run.wait() or stop it with run.stop().",
  },
  RUN_CHANGED: {
    meaning: "Data, tokenizer, configuration, or code differ from those that the run was launched with.",
    cure: "Restore what the message names, or give the reason why the change is right: `override`.",
  },
  RUN_COPIED: {
    meaning: "The folder is a copy of a run's folder, and the run's processes belong to the original.",
    cure: "Open the original with openRun; the message names both folders.",
  },
  RUN_LEASE_LOST: {
    meaning: "A supervisor lost its lease: another process supervises the run now.",
    cure: "Nothing to do; the log of the replaced supervisor holds the message.",
  },
  RUN_LOST: {
    meaning: "The supervisor of a run is gone, so nothing records the training.",
    cure: "Stop what is left with run.stop(), then continue with resumeRun.",
  },
  RUN_MISSING: {
    meaning: "There is no run of that name in the folder.",
    cure: "List what exists with listRuns().",
  },
  RUN_NAME_AMBIGUOUS: {
    meaning: "Several folders have a run of that name.",
    cure: "Name the folder: openRun(name, { folder }); the message lists them.",
  },
  RUN_NAME_ILLEGAL: {
    meaning: "A run's name or folder has characters that the engine's command line does not allow.",
    cure: "Use letters, digits, dots, hyphens, and underscores, beginning with a letter or digit.",
  },
  RUN_NAME_TAKEN: {
    meaning: "A run of that name exists already.",
    cure: "Open it with openRun, or launch under another name.",
  },
  RUN_NOT_SAVED: {
    meaning: "A live run could not save a checkpoint on request.",
    cure: "See the message; a graceful run.stop() saves, and resumeRun continues from there.",
  },
  RUN_NOT_STOPPED: {
    meaning: "Processes of a run are still alive after they were killed.",
    cure: "Look at the process ids in the message; they may wait for a device or belong to another user.",
  },
  RUN_WAIT_TIMEOUT: {
    meaning: "A run did not reach the awaited step or end within `timeout`; it continues training.",
    cure: "Wait again with a longer timeout.",
  },
  RESUME_IMPOSSIBLE: {
    meaning: "The run has no complete checkpoint to continue from.",
    cure: "Choose a complete checkpoint of openCheckpoints(run.checkpointDir), or launch again.",
  },
} as const satisfies Record<string, CatalogEntry>;
