"""IndexSelect and mint's embedding: no CPU kernels in MindSpore 2.9.0; Gather has one."""

import mindspore as ms
from mindspore import ops

from .primitive import CpuOperator, refuse


@ms.jit_class
class IndexSelect(CpuOperator):
    """The slices `index` (a vector) of x along `axis`, in that order. Indices must be in range: Gather on CPU does not report others."""

    def __call__(self, x, axis, index):
        return ops.gather(x, index, axis)


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False):
    """Rows `input` of weight [vocabulary, hidden]. Names and order of the parameters are those of mint.nn.functional.embedding."""
    if padding_idx is not None:
        refuse("embedding", "padding_idx", "omit padding_idx")
    if max_norm is not None:
        refuse("embedding", "max_norm", "omit max_norm")
    if scale_grad_by_freq:
        refuse("embedding", "scale_grad_by_freq", "omit scale_grad_by_freq")
    return ops.gather(weight, input, 0)
