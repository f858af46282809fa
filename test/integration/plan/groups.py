"""Communication groups and layers per stage as MindFormers' own functions compute them. Arguments: a JSON file with the questions; prints the answers as JSON."""

import json
import sys
from types import SimpleNamespace

from mindspore import ParallelMode

import mindformers.parallel_core.training_graph.communication as dense
import mindformers.parallel_core.training_graph.transformer.moe.utils as experts
import mindformers.parallel_core.training_graph.transformer.utils as layers

# Creating the group itself needs a cluster; what is asked for is the list of its ranks.
dense.create_group = lambda name, ranks: None
experts.get_group = lambda ranks: ranks
# The trainer sets this from the configuration's use_legacy: False.
layers.is_legacy_model = lambda: False
experts._get_parallel_mode = lambda: ParallelMode.SEMI_AUTO_PARALLEL


def groups(question):
    dp, tp, cp, pp, ep = (question[name] for name in ("dp", "tp", "cp", "pp", "ep"))
    answers = []
    for rank in range(dp * tp * cp * pp):
        # An optimizer group of all replicas of a tensor that is divided tp · cp ways is the data-parallel group.
        _, optimizer = dense.get_op_group_name(rank, dp, tp * cp)
        answers.append(
            {
                "context": dense.get_cp_group_name(rank, dp, tp, cp)[1],
                "data": dense.get_dp_group_name(rank, dp, tp, cp)[1],
                "optimizer": optimizer,
                "expert": experts.get_ep_group_name(rank, ep),
            }
        )
    return answers


class Layer:
    """Takes the stage that LayerSetting writes on it."""


def stages(question):
    """Stage and block of every layer, or None where MindFormers refuses."""
    context = {"pipeline_interleave": question["blocks"] > 1, "pipeline_scheduler": question["scheduler"]}
    layers.ms = SimpleNamespace(get_auto_parallel_context=lambda name: context[name])
    off = dict.fromkeys(
        (
            "cpu_offloading", "recompute", "select_recompute", "parallel_optimizer_comm_recompute", "select_comm_recompute",
            "mp_comm_recompute", "recompute_slice_activation", "select_recompute_exclude", "select_comm_recompute_exclude",
        ),
        False,
    )
    config = SimpleNamespace(
        pipeline_model_parallel_size=question["stages"], cpu_offloading_num_layers=None, op_swap=None, gradient_aggregation_group=4, **off
    )
    try:
        setting = layers.LayerSetting(question["layers"], question["offset"], config, question["blocks"])
    except ValueError:
        return None
    answer = []
    for index in range(question["layers"]):
        layer = Layer()
        setting.set_pipeline_stage(layer, index)
        answer.append([int(layer.pipeline_stage), int(setting.interleave_ids[index])])
    return answer


with open(sys.argv[1], encoding="utf-8") as file:
    asked = json.load(file)
print(json.dumps({"groups": [groups(each) for each in asked["meshes"]], "stages": [stages(each) for each in asked["pipelines"]]}))
