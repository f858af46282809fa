"""The 1.9 layout of checkpoints (`use_legacy_format: False`) asks MindSpore which rank holds which slice of a parameter.
MindSpore answers from the compiled semi-automatic graph, which a CPU cannot have, and MindFormers ends at its first save or load
with several workers. Under data parallelism the answer is known without a graph: every rank holds every parameter whole."""

from typing import Any

import mindformers.checkpoint.checkpoint as checkpoint
import mindformers.checkpoint.sharded_tensor as sharded_tensor
import mindformers.trainer.base_trainer as base_trainer
from mindformers.tools.utils import get_real_group_size
from mindspore.parallel.shard import Layout

# MindFormers passes the optimizer to `load_checkpoint`, but not to the question of which slices this rank needs.
_loading: list[Any] = []


def whole_parameters(*cells: Any, ranks: int) -> dict[str, list[Any]]:
    """By name: layout, type, and shape of every parameter of the cells, as MindSpore's `get_strategy_metadata` describes one rank."""
    described = {}
    for cell in cells:
        for parameter in cell.get_parameters():
            # MindFormers counts slices by dimension: a scalar has one, which is not divided.
            axes = ["None"] * max(1, len(parameter.shape))
            layout = Layout((ranks,), ("dp",), list(range(ranks)))(*axes)
            described.setdefault(parameter.name, [layout, str(parameter.dtype), parameter.shape])
    return described


def get_strategy_metadata(network: Any, rank_id: int | None = None) -> dict[int, dict[str, list[Any]]]:
    ranks = get_real_group_size()
    described = whole_parameters(network, *_loading, ranks=ranks)
    return {rank: described for rank in (range(ranks) if rank_id is None else [rank_id])}


def get_current_strategy_metadata(network: Any) -> dict[int, dict[str, list[Any]]]:
    """The rank's own answer stands under 0, whatever the rank."""
    return get_strategy_metadata(network, 0)


def install() -> None:
    load = checkpoint.load_checkpoint

    def load_checkpoint(checkpoint: str, network: Any, optimizer: Any = None, *args: Any, **options: Any) -> None:
        _loading[:] = [] if optimizer is None else [optimizer]
        try:
            load(checkpoint, network, optimizer, *args, **options)
        finally:
            _loading.clear()

    checkpoint.load_checkpoint = load_checkpoint
    base_trainer.load_checkpoint = load_checkpoint
    sharded_tensor.get_strategy_metadata = get_strategy_metadata
    sharded_tensor.get_current_strategy_metadata = get_current_strategy_metadata
