"""Outer, StackExt, CumsumExt, FmodScalar: the "Ext" family is written for aclnn, Ascend's operator library; MindSpore 2.9.0 has no CPU kernels of it."""

import mindspore as ms
from mindspore import ops
from mindspore.ops import operations as P

from .primitive import CpuOperator

SMALL_INTEGERS = (ms.bool_, ms.int8, ms.int16, ms.int32, ms.uint8)


@ms.jit_class
class Outer(CpuOperator):
    """Vectors a [n], b [m] → a·bᵀ [n, m]."""

    def __call__(self, first, second):
        return ops.reshape(first, (-1, 1)) * ops.reshape(second, (1, -1))


@ms.jit_class
class StackExt(CpuOperator):
    """Tensors of one shape → one tensor with a new axis `dim`."""

    def __init__(self, dim=0):
        self.stack = P.Stack(dim)

    def __call__(self, tensors):
        return self.stack(tensors)


@ms.jit_class
class CumsumExt(CpuOperator):
    """Running sum along `dim`. Result type: `dtype` if given; int64 for the shorter integers; the input's otherwise."""

    def __init__(self):
        self.cumsum = P.CumSum()

    def __call__(self, x, dim, dtype=None):
        if dtype is not None:
            x = ops.cast(x, dtype)
        elif x.dtype in SMALL_INTEGERS:
            x = ops.cast(x, ms.int64)
        return self.cumsum(x, dim)


@ms.jit_class
class FmodScalar(CpuOperator):
    """Remainder of a division by a number, with the sign of the dividend (C's fmod), in the type of the tensor."""

    def __call__(self, x, divisor):
        magnitude = ops.abs(x)
        size = abs(divisor)
        return ops.sign(x) * (magnitude - magnitude // size * size)
