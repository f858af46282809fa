"""TopkExt and SortExt: no CPU kernels in MindSpore 2.9.0; TopK and Sort have them."""

import mindspore as ms
from mindspore import ops
from mindspore.ops import operations as P

from .primitive import CpuOperator, refuse


@ms.jit_class
class TopkExt(CpuOperator):
    """The k largest values along the last axis in falling order, and their indices (int64)."""

    def __init__(self):
        self.topk = P.TopK(True)

    def __call__(self, x, k, dim=-1, largest=True, sorted=True):
        if dim not in (-1, len(x.shape) - 1):
            refuse("TopkExt", "another axis than the last", "transpose the tensor first")
        if not largest:
            refuse("TopkExt", "the smallest values", "negate the tensor first")
        values, indices = self.topk(x, k)
        return values, ops.cast(indices, ms.int64)


@ms.jit_class
class SortExt(CpuOperator):
    """Values along `dim` in rising (or falling) order, and their indices (int64). Equal values keep no promised order."""

    def __call__(self, x, dim=-1, descending=False, stable=False):
        if stable:
            refuse("SortExt", "a stable sort", "sort without stable=True")
        values, indices = P.Sort(dim, descending)(x)
        return values, ops.cast(indices, ms.int64)
