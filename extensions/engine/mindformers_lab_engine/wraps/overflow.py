"""Overflow check of the gradients.

MindSpore knows three targets: GPU, Ascend 910B and "otherwise Ascend 910A". A CPU falls into the last one, which reads the
NPU's floating-point status registers; those operators have no CPU kernel. On a CPU an overflow is a gradient that is not finite.
"""

import mindspore as ms
from mindspore import nn, ops
from mindspore.ops import operations as P


def _square_sum(gradient):
    return ops.square(ops.cast(gradient, ms.float32)).sum()


def get_overflow_status(self, status, compute_output):
    """True if any gradient holds inf or nan: the sum of all squares is then not finite either."""
    total = P.AddN()(self.hyper_map(_square_sum, compute_output))
    return ops.logical_not(ops.isfinite(total))


def install() -> None:
    nn.TrainOneStepWithLossScaleCell.get_overflow_status = get_overflow_status
