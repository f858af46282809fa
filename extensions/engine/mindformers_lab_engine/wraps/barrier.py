"""Barrier: no CPU kernel. Nobody leaves an AllReduce before everybody has entered it, so one AllReduce of one number is a barrier."""

import mindspore as ms
import mindspore.communication.comm_func as comm_func
import mindspore.ops.communication as ops_communication
from mindspore import mint
from mindspore.communication import GlobalComm
from mindspore.ops import operations as P


def barrier(group=None, async_op=False):
    """Wait for every process of the group (default: all). Nothing to wait for when the result is asked for at once."""
    P.AllReduce(group=group or GlobalComm.WORLD_COMM_GROUP)(ms.Tensor([1.0], ms.float32)).asnumpy()


def install() -> None:
    for module in (comm_func, ops_communication, mint.distributed):
        module.barrier = barrier
    if hasattr(ms.communication, "barrier"):
        ms.communication.barrier = barrier
