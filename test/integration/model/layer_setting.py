"""Stage, block and recomputation of every layer as MindFormers' LayerSetting computes them. A question per line, an answer per line."""

import copy
import json
import sys
from types import SimpleNamespace

import mindformers.parallel_core.training_graph.transformer.utils as layers

# The trainer sets this from the configuration's use_legacy: False.
layers.is_legacy_model = lambda: False

OFF = dict.fromkeys(
    (
        "cpu_offloading", "select_recompute", "parallel_optimizer_comm_recompute", "select_comm_recompute", "mp_comm_recompute",
        "recompute_slice_activation", "select_recompute_exclude", "select_comm_recompute_exclude",
    ),
    False,
)


class Layer:
    """Takes the stage that LayerSetting writes on it."""


def answer(question):
    """Per layer: stage, block, and whether it is recomputed as a whole. None where MindFormers rejects the setting."""
    context = {"pipeline_interleave": question["blocks"] > 1, "pipeline_scheduler": question["schedule"]}
    layers.ms = SimpleNamespace(get_auto_parallel_context=lambda name: context[name])
    config = SimpleNamespace(
        pipeline_model_parallel_size=question["stages"],
        cpu_offloading_num_layers=None,
        op_swap=None,
        gradient_aggregation_group=4,
        recompute=copy.deepcopy(question["recompute"]),
        **OFF,
    )
    try:
        setting = layers.LayerSetting(question["layers"], question["offset"], config, question["blocks"])
    except ValueError:
        return None
    rows = []
    for index in range(question["layers"]):
        layer = Layer()
        setting.set_pipeline_stage(layer, index)
        recomputed = bool(setting._check_layer_rule(index))
        rows.append([int(layer.pipeline_stage), int(setting.interleave_ids[index]), recomputed])
    return rows


for line in sys.stdin:
    print("answer " + json.dumps([answer(question) for question in json.loads(line)]), flush=True)
