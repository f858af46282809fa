"""Graceful exit: the ranks agree on it by an AllReduce of an int32 flag; the CPU's AllReduce knows float32 and float16 only."""

import mindspore as ms
from mindspore import ops
from mindspore.utils.utils import ExitByRequest


def exit_by_request(self, grad, init_value, exit_value):
    """exit_value becomes True when every rank's init_value is 1. Returns grad, tied to that assignment."""
    if self.is_distributed:
        total = self.all_reduce(ops.cast(init_value, ms.float32))
        everybody = self.reduce_all(self.equal(ops.cast(total, ms.int32), self.base))
        grad = ops.depend(grad, self.assign(exit_value, everybody))
    return grad


def install() -> None:
    ExitByRequest.exit_by_request = exit_by_request
