import type { CatalogEntry } from "./entry.js";

export const planErrors = {
  PLAN_INVALID: {
    meaning: "The run can't start as planned: the configuration, the data and the cluster don't fit together.",
    cure: "Follow the hint of each finding, then plan again.",
  },
  MODEL_NOT_COMPUTED: {
    meaning: "The size of this kind of model can't be computed, so searchLayouts and scaleTo don't work for it.",
    cure: "Use a model_type that the message names, or write every number of model.model_config.",
  },
  SCALE_IMPOSSIBLE: {
    meaning: "Not even the smallest model of this kind fits on the given devices.",
    cure: "Give more devices, or devices with more memory.",
  },
  NODE_UNREACHABLE: {
    meaning: "A node of the cluster does not answer, or ssh can't log in there.",
    cure: "Run the command in the hint; it shows ssh's own message.",
  },
  NODE_PROGRAM_FAILED: {
    meaning: "The connection works, but Python can't be started on the node.",
    cure: "Set `cluster.python` to Python's path on the nodes, and `cluster.setup` if Python needs a set-up script.",
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
    meaning: "A request failed on the node, such as reading a file.",
    cure: "Read the message; it comes from the node.",
  },
  CLUSTER_NOT_READY: {
    meaning: "A node lacks something that the run needs, or differs from the others; the message lists every finding.",
    cure: "Fix what the message names; `await checkCluster(plan)` shows the whole table.",
  },
  CLUSTER_INVALID: {
    meaning: "The description of the cluster can't be used.",
    cure: "Give the device, the nodes and the devices per node.",
  },
  LAUNCHER_CALL_INVALID: {
    meaning: "A call of msrun_launcher.sh is unreadable, or the script itself would reject it.",
    cure: "Give it 1, 2, 6, or 9 arguments; the first is what msrun starts, in quotes.",
  },
} as const satisfies Record<string, CatalogEntry>;
