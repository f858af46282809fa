"""The wraps that a single process can show; the others (barrier, exit request, world size) show themselves in a training of two workers."""

import mindspore as ms
import numpy as np
import pytest
from compare import graph
from mindspore import nn, ops

from mindformers_lab_engine.wraps import core_binding, overflow, separate_loss


class Check(nn.Cell):
    def __init__(self):
        super().__init__()
        self.hyper_map = ops.HyperMap()

    def construct(self, *gradients):
        return overflow.get_overflow_status(self, None, gradients)


@pytest.mark.parametrize(("bad", "expected"), [(1.0, False), (np.inf, True), (-np.inf, True), (np.nan, True)])
def test_a_gradient_that_is_not_finite_is_an_overflow(bad, expected):
    first, second = np.ones((2, 3), np.float32), np.ones(4, np.float32)
    second[2] = bad
    assert bool(Check()(ms.Tensor(first), ms.Tensor(second)).asnumpy()) is expected


def test_core_binding_that_divides_by_zero_is_left_out_and_other_errors_are_not(monkeypatch):
    def fail(error):
        def bind(*_):
            raise error

        monkeypatch.setattr(ms.runtime, "set_cpu_affinity", bind)
        core_binding.install()
        ms.runtime.set_cpu_affinity(True)

    fail(ZeroDivisionError())
    with pytest.raises(ValueError, match="mine"):
        fail(ValueError("mine"))


def test_the_parts_of_the_loss_survive_their_own_clearing(monkeypatch):
    class Register:
        def __init__(self):
            self.arrays = {
                name: np.array([float(place + 1)], np.float32) for place, name in enumerate(separate_loss.NAMES)
            }

        def get(self, name):
            array = self.arrays[name]
            return type("Parameter", (), {"asnumpy": lambda self: array})()

        def clear(self, name):
            self.arrays[name][:] = 0

    monkeypatch.setattr(separate_loss.callback, "parameter_register", Register())
    assert [float(value[0]) for value in separate_loss._get_separate_loss()] == [1.0, 2.0, 3.0, 4.0]


def test_a_compiled_graph_sees_the_overflow_too():
    cell = Check()

    def call(x):
        return cell(x)

    assert bool(graph(call)(ms.Tensor([1.0, np.inf], ms.float32)).asnumpy())
