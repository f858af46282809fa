"""Asynchronous saves of the 1.9 layout: the ranks agree that all of them have written by an AllReduce of an int8 flag; the CPU's
AllReduce knows float32 and float16 only."""

import mindspore as ms
from mindformers.checkpoint.checkpoint import AsyncSaveManager
from mindformers.tools.utils import get_real_group_size
from mindspore.ops import operations as P


def sync_all_async_save_status(self, is_alive):
    """True if no rank is still writing."""
    if self.async_save is False:
        return True
    if get_real_group_size() == 1:
        return not is_alive
    writing = P.AllReduce()(ms.Tensor([float(is_alive)], ms.float32))
    return float(writing.asnumpy()[0]) == 0


def install() -> None:
    AsyncSaveManager.sync_all_async_save_status = sync_all_async_save_status
