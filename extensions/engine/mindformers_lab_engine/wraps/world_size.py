"""World size under `parallel_mode: 0`: MindFormers sets data_parallel to 1 for its own bookkeeping (the data-parallel context
averages the gradients) and then fails its own check that the sizes multiply to the number of processes. The mode is possible
on Ascend, too, but MindFormers is used there in mode 1."""

import mindformers.parallel_core.training_graph.base_models.gpt.gpt_model as gpt_model
import mindspore as ms


def install() -> None:
    initialize = gpt_model.initialize_model_parallel

    def initialize_model_parallel(**sizes):
        if ms.get_auto_parallel_context("parallel_mode") == "data_parallel":
            sizes["data_parallel_size"] = ms.communication.get_group_size()
        return initialize(**sizes)

    gpt_model.initialize_model_parallel = initialize_model_parallel
