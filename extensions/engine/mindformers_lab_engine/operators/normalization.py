"""RmsNorm: `Unsupported op [RmsNorm] on CPU` in MindSpore 2.9.0."""

import mindspore as ms
from mindspore import ops

from .primitive import CpuOperator


@ms.jit_class
class RmsNorm(CpuOperator):
    """(x, gamma) → (x / rms(x) · gamma, 1 / rms(x)), rms(x) = √(mean(x²) + ε) over the last axis, kept with length 1 in the second result."""

    def __init__(self, epsilon=1e-6):
        self.epsilon = epsilon

    def __call__(self, x, gamma):
        inverse = ops.rsqrt(ops.square(x).mean(-1, keep_dims=True) + self.epsilon)
        return x * inverse * gamma, inverse
