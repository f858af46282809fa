"""GroupedMatmul: no CPU kernel in MindSpore 2.9.0 (`moe_grouped_gemm: False` is not implemented in MindFormers 1.9.0)."""

import mindspore as ms
from mindspore import ops

from .primitive import CpuOperator, refuse


@ms.jit_class
class GroupedMatmul(CpuOperator):
    """Every expert's own matrix for its own rows, in the one form that MindFormers uses (split_item 3, group_type 0):
    ([x [T, H]], [w [E, H, F]], group_list [E]) → (y [T, F],). group_list holds the running ends of the groups: rows
    group_list[e-1] … group_list[e]-1 of x are multiplied by w[e]; rows behind the last end give zeros.

    Shapes in a graph are static and group sizes are not: each expert multiplies all rows, the foreign ones set to zero.
    That is E times the work, which small models bear."""

    def __init__(self, split_item=0, group_type=-1, transpose_a=False, transpose_b=False):
        if split_item != 3 or group_type != 0:
            refuse(
                "GroupedMatmul",
                f"split_item {split_item} with group_type {group_type}",
                "GroupedMatmul(split_item=3, group_type=0)",
            )
        if transpose_a or transpose_b:
            refuse("GroupedMatmul", "transposition", "transpose the tensors first")

    def __call__(
        self,
        x,
        weight,
        bias=None,
        scale=None,
        offset=None,
        antiquant_scale=None,
        antiquant_offset=None,
        group_list=None,
    ):
        if bias is not None:
            refuse("GroupedMatmul", "a bias", "add_bias_linear: False")
        if scale is not None or offset is not None or antiquant_scale is not None or antiquant_offset is not None:
            refuse("GroupedMatmul", "quantization", "train without quantization")
        rows, matrices = x[0], weight[0]
        position = ops.reshape(ops.arange(rows.shape[0]), (1, -1))
        end = ops.reshape(ops.cast(group_list, ms.int64), (-1, 1))
        start = ops.concat((ops.zeros((1, 1), ms.int64), end[:-1]), 0)
        own = ops.cast(ops.logical_and(position >= start, position < end), rows.dtype)  # [E, T]
        products = ops.bmm(ops.expand_dims(own, -1) * ops.expand_dims(rows, 0), matrices)  # [E, T, F]
        return (products.sum(0),)
