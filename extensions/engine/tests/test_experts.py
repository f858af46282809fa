"""GroupedMatmul."""

import mindspore as ms
import numpy as np
import pytest
from compare import assert_forward, assert_gradient, random

from mindformers_lab_engine.failure import EngineError
from mindformers_lab_engine.operators.experts import GroupedMatmul


def grouped(x, weights, ends):
    result = np.zeros((x.shape[0], weights.shape[2]), x.dtype)
    start = 0
    for expert, end in enumerate(ends):
        result[start:end] = x[start:end] @ weights[expert]
        start = end
    return result


# an ordinary split, an expert without rows, one expert with all rows, rows behind the last group
@pytest.mark.parametrize("ends", [[2, 3, 7], [0, 4, 7], [0, 7, 7], [1, 2, 4]])
def test_each_group_of_rows_meets_its_own_matrix(ends):
    operator = GroupedMatmul(split_item=3, group_type=0)
    x, weights = random(7, 4), random(3, 4, 5, seed=1)

    def call(a, w):
        return operator([a], [w], None, None, None, None, None, ms.Tensor(np.array(ends, np.int64)))[0]

    assert_forward(call, grouped(x, weights, ends), [x, weights])
    assert_gradient(call, lambda a, w: grouped(a, w, ends), [x, weights])


@pytest.mark.parametrize(
    "options",
    [
        {"split_item": 0, "group_type": -1},
        {"split_item": 3, "group_type": 2},
        {"split_item": 3, "group_type": 0, "transpose_b": True},
    ],
)
def test_other_forms_are_refused(options):
    with pytest.raises(EngineError, match="GroupedMatmul on CPU"):
        GroupedMatmul(**options)


def test_a_bias_is_refused():
    one = ms.Tensor(np.ones((1, 1, 1), np.float32))
    with pytest.raises(EngineError, match="a bias"):
        GroupedMatmul(3, 0)([one[0]], [one], one, None, None, None, None, ms.Tensor([1]))
