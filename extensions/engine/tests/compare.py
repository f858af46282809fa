"""Forward and gradient of a substitute against numpy.

The gradient is compared with central differences of the numpy function in float64, so that numpy needs no second formula:
for the scalar s = Σ weights · output, ds/dx by (s(x + h) − s(x − h)) / 2h.
"""

from collections.abc import Callable, Sequence

import mindspore as ms
import numpy as np
from mindspore import ops

ms.set_context(mode=ms.GRAPH_MODE, device_target="CPU")

STEP = 1e-5


def use(operator: Callable, *further: object, pick: int | None = None) -> Callable:
    """tensors → operator(*tensors, *further), or one of its results. (Graph mode compiles named functions, not lambdas.)"""

    def call(*tensors):
        result = operator(*tensors, *further)
        return result if pick is None else result[pick]

    return call


def graph(function: Callable) -> Callable:
    """Compile a function of tensors, as MindFormers' training step is compiled."""
    return ms.jit(function)


def assert_forward(
    function: Callable, expected: np.ndarray, inputs: Sequence[np.ndarray], tolerance: float = 2e-5
) -> None:
    found = graph(function)(*[ms.Tensor(value) for value in inputs]).asnumpy()
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def assert_gradient(
    function: Callable, reference: Callable, inputs: Sequence[np.ndarray], tolerance: float = 2e-4
) -> None:
    """All inputs float32; `reference` is the numpy function of the same inputs."""
    exact = [value.astype(np.float64) for value in inputs]
    weights = np.random.default_rng(7).standard_normal(reference(*exact).shape)
    tensor = ms.Tensor(weights.astype(np.float32))

    def scalar(*tensors):
        return (function(*tensors) * tensor).sum()

    positions = tuple(range(len(inputs)))
    found = graph(ops.grad(scalar, positions))(*[ms.Tensor(value) for value in inputs])
    found = found if isinstance(found, (tuple, list)) else (found,)
    for position in positions:
        expected = _differences(lambda *values: float((reference(*values) * weights).sum()), exact, position)
        np.testing.assert_allclose(found[position].asnumpy(), expected, rtol=tolerance, atol=tolerance)


def _differences(scalar: Callable, inputs: list[np.ndarray], position: int) -> np.ndarray:
    result = np.zeros_like(inputs[position])
    for index in np.ndindex(result.shape):
        sides = []
        for sign in (1, -1):
            moved = [value.copy() for value in inputs]
            moved[position][index] += sign * STEP
            sides.append(scalar(*moved))
        result[index] = (sides[0] - sides[1]) / (2 * STEP)
    return result


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
