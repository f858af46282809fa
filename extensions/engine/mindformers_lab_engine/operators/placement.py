"""MoveTo and TensorDump: both speak about a device beside the host; on a CPU there is none."""

import mindspore as ms

from .primitive import CpuOperator


@ms.jit_class
class MoveTo(CpuOperator):
    """Copy to a device or back: the tensor itself, it is where it must be."""

    def __call__(self, x, to="CPU", blocking=False):
        return x


@ms.jit_class
class TensorDump(CpuOperator):
    """Writes a tensor to a file while the graph runs, for monitor_config's local_loss, local_norm, and device_local_*.
    No CPU kernel, and nothing of the training depends on it: those monitors stay silent on a CPU."""

    def __init__(self, input_output="out"):
        self.input_output = input_output

    def __call__(self, file, tensor):
        return None
