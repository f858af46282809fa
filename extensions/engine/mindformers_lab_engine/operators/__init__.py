"""Operators that MindSpore's CPU backend lacks, as compositions of operators that it has.

`install_operators()` must run before MindFormers is imported: its modules take the operators by name when they load.
Nothing on disk changes; the names in MindSpore's modules are rebound in this process.
"""


def install_operators() -> list[str]:
    """Rebind every operator of the table in every MindSpore module that exports it. Returns the operators' names."""
    from mindspore import mint, ops
    from mindspore.ops import auto_generate, operations
    from mindspore.ops.auto_generate import gen_ops_prim
    from mindspore.ops.operations import nn_ops

    from .indexing import embedding
    from .table import SUBSTITUTES

    for substitute in SUBSTITUTES:
        for module in (auto_generate, gen_ops_prim, operations, nn_ops, ops):
            if hasattr(module, substitute.__name__):
                setattr(module, substitute.__name__, substitute)
    mint.nn.functional.embedding = embedding
    return [*(substitute.__name__ for substitute in SUBSTITUTES), "embedding"]
