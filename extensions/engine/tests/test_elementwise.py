"""RmsNorm, Swiglu, Outer, StackExt, CumsumExt, FmodScalar, MoveTo, TensorDump."""

import mindspore as ms
import numpy as np
import pytest
from compare import assert_forward, assert_gradient, graph, random, use

from mindformers_lab_engine.operators.activation import Swiglu
from mindformers_lab_engine.operators.arithmetic import CumsumExt, FmodScalar, Outer, StackExt
from mindformers_lab_engine.operators.normalization import RmsNorm
from mindformers_lab_engine.operators.placement import MoveTo, TensorDump


def rms_norm(x, gamma):
    return x / np.sqrt(np.mean(x * x, -1, keepdims=True) + 1e-6) * gamma


def swiglu(x, axis=-1):
    gate, value = np.split(x, 2, axis)
    return gate / (1 + np.exp(-gate)) * value


def test_rms_norm_divides_by_the_root_mean_square_and_scales():
    norm = RmsNorm(1e-6)
    x, gamma = random(3, 2, 8), random(8, seed=1)
    assert_forward(use(norm, pick=0), rms_norm(x, gamma), [x, gamma])
    assert_forward(use(norm, pick=1), 1 / np.sqrt(np.mean(x * x, -1, keepdims=True) + 1e-6), [x, gamma])
    assert_gradient(use(norm, pick=0), rms_norm, [x, gamma])


def test_rms_norm_of_zeros_is_zero_not_nan():
    norm = RmsNorm(1e-6)
    assert_forward(
        use(norm, pick=0), np.zeros((2, 4), np.float32), [np.zeros((2, 4), np.float32), np.ones(4, np.float32)]
    )


@pytest.mark.parametrize("axis", [-1, 1])
def test_swiglu_gates_one_half_with_the_silu_of_the_other(axis):
    operator = Swiglu()
    x = random(3, 4, 6)
    assert_forward(use(operator, axis), swiglu(x, axis), [x])
    assert_gradient(use(operator, axis), lambda a: swiglu(a, axis), [x])


def test_outer_multiplies_every_pair():
    operator = Outer()
    a, b = random(3), random(5, seed=1)
    assert_forward(use(operator), np.outer(a, b), [a, b])
    assert_gradient(use(operator), np.outer, [a, b])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_stack_adds_an_axis(axis):
    operator = StackExt(axis)
    a, b = random(2, 3), random(2, 3, seed=1)

    def call(x, y):
        return operator((x, y))

    assert_forward(call, np.stack([a, b], axis), [a, b])
    assert_gradient(call, lambda x, y: np.stack([x, y], axis), [a, b])


@pytest.mark.parametrize("axis", [0, 1])
def test_cumsum_sums_along_an_axis(axis):
    operator = CumsumExt()
    x = random(3, 4)
    assert_forward(use(operator, axis), np.cumsum(x, axis), [x])
    assert_gradient(use(operator, axis), lambda a: np.cumsum(a, axis), [x])


def test_cumsum_of_int32_is_int64_unless_a_type_is_asked_for():
    operator = CumsumExt()
    x = ms.Tensor(np.array([1, 2, 3], np.int32))
    assert graph(use(operator, 0))(x).asnumpy().tolist() == [1, 3, 6]
    assert graph(use(operator, 0))(x).dtype == ms.int64
    assert graph(use(operator, 0, ms.float32))(x).dtype == ms.float32


@pytest.mark.parametrize("divisor", [3, -3])
def test_fmod_has_the_sign_of_the_dividend(divisor):
    operator = FmodScalar()
    for x in (
        np.array([-7, -3, -1, 0, 1, 5, 6], np.int32),
        np.array([-7, 8], np.int64),
        np.array([-7.5, 2.25, 9.0], np.float32),
    ):
        found = graph(use(operator, divisor))(ms.Tensor(x))
        assert found.asnumpy().tolist() == np.fmod(x, divisor).tolist()
        assert found.asnumpy().dtype == x.dtype


def test_moving_between_devices_gives_the_same_tensor():
    operator = MoveTo()
    x = random(4)
    assert_forward(use(operator, "CPU", False), x, [x])
    assert_gradient(use(operator, "CPU", False), lambda a: a, [x])


def test_dumping_a_tensor_does_nothing():
    operator = TensorDump()

    def step(a):
        operator("file", a)
        return a + 1

    assert_forward(step, random(4) + 1, [random(4)])
