"""TopkExt, SortExt, IndexSelect, embedding."""

import mindspore as ms
import numpy as np
import pytest
from compare import assert_forward, assert_gradient, graph, random, use

from mindformers_lab_engine.failure import EngineError
from mindformers_lab_engine.operators.indexing import IndexSelect, embedding
from mindformers_lab_engine.operators.sorting import SortExt, TopkExt


def test_topk_gives_the_largest_in_falling_order_with_their_places():
    operator = TopkExt()
    x = random(2, 3, 8)
    assert_forward(use(operator, 3, pick=0), -np.sort(-x, -1)[..., :3], [x])
    indices = graph(use(operator, 3, pick=1))(ms.Tensor(x))
    assert indices.dtype == ms.int64
    assert np.array_equal(indices.asnumpy(), np.argsort(-x, -1)[..., :3])
    assert_gradient(use(operator, 3, pick=0), lambda a: -np.sort(-a, -1)[..., :3], [x])


def test_topk_refuses_what_it_does_not_have():
    operator = TopkExt()
    x = ms.Tensor(random(4, 4))
    with pytest.raises(EngineError, match="TopkExt on CPU: another axis"):
        operator(x, 2, 0)
    with pytest.raises(EngineError, match="TopkExt on CPU: the smallest values"):
        operator(x, 2, -1, False)


@pytest.mark.parametrize(("axis", "descending"), [(-1, False), (0, False), (1, True)])
def test_sort_orders_along_an_axis_and_says_where_the_values_were(axis, descending):
    operator = SortExt()
    x = random(5, 6)
    sign = -1 if descending else 1
    expected = sign * np.sort(sign * x, axis)
    assert_forward(use(operator, axis, descending, pick=0), expected, [x])
    indices = graph(use(operator, axis, descending, pick=1))(ms.Tensor(x))
    assert indices.dtype == ms.int64
    assert np.array_equal(indices.asnumpy(), np.argsort(sign * x, axis))
    assert_gradient(use(operator, axis, descending, pick=0), lambda a: sign * np.sort(sign * a, axis), [x])


def test_sort_twice_gives_the_inverse_permutation_also_with_equal_values():
    operator = SortExt()
    keys = np.random.default_rng(3).integers(0, 4, (1, 64)).astype(np.float32)

    def places(a):
        order = operator(a, 1)[1]
        return order, operator(order.astype(ms.float32), 1)[1]

    order, inverse = (value.asnumpy()[0] for value in graph(places)(ms.Tensor(keys)))
    assert np.array_equal(order[inverse], np.arange(64))
    assert np.array_equal(keys[0][order], np.sort(keys[0]))


def test_sort_refuses_a_stable_sort():
    with pytest.raises(EngineError, match="stable"):
        SortExt()(ms.Tensor(random(4)), 0, False, True)


@pytest.mark.parametrize("axis", [0, 1])
def test_index_select_picks_slices_and_adds_the_gradients_of_those_picked_twice(axis):
    operator = IndexSelect()
    index = ms.Tensor(np.array([2, 0, 2], np.int64))
    x = random(3, 4)

    def selection(a):
        return operator(a, axis, index)

    assert_forward(selection, np.take(x, [2, 0, 2], axis), [x])
    assert_gradient(selection, lambda a: np.take(a, [2, 0, 2], axis), [x])


def test_embedding_picks_rows_and_its_gradient_adds_up_by_token():
    tokens = np.array([[1, 4, 1], [0, 0, 3]], np.int32)
    weight = random(5, 3)
    places = ms.Tensor(tokens)

    def rows(w):
        return embedding(places, w)

    assert_forward(rows, weight[tokens], [weight])
    assert_gradient(rows, lambda w: w[tokens], [weight])


@pytest.mark.parametrize("feature", [{"padding_idx": 0}, {"max_norm": 1.0}, {"scale_grad_by_freq": True}])
def test_embedding_refuses_what_it_does_not_have(feature):
    with pytest.raises(EngineError, match=next(iter(feature))):
        embedding(ms.Tensor([0]), ms.Tensor(random(2, 2)), **feature)
