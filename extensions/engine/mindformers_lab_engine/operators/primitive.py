"""What every substitute shares: the part of MindSpore's Primitive interface that MindFormers calls while it builds a model."""

from typing import Any

from ..failure import EngineError


class CpuOperator:
    """Sharding, attributes and recomputation are hints for a device mesh; a CPU worker holds whole tensors and has nothing to do with them."""

    def shard(self, *_: Any, **__: Any) -> "CpuOperator":
        return self

    def add_prim_attr(self, *_: Any, **__: Any) -> "CpuOperator":
        return self

    def recompute(self, *_: Any, **__: Any) -> "CpuOperator":
        return self


def refuse(operator: str, feature: str, hint: str) -> None:
    """A feature that a substitute does not have must stop the run: a wrong result would look like training."""
    raise EngineError(
        f"{operator} on CPU: {feature} is not available; only the Ascend kernel has it", hint
    )
