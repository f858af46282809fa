"""Swiglu: no CPU kernel in MindSpore 2.9.0."""

import mindspore as ms
from mindspore import ops

from .primitive import CpuOperator


@ms.jit_class
class Swiglu(CpuOperator):
    """x = [a, b], halves along `dim` → silu(a) · b, silu(a) = a · sigmoid(a)."""

    def __call__(self, x, dim=-1):
        gate, value = ops.chunk(x, 2, dim)
        return ops.silu(gate) * value
