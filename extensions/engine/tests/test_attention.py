"""FlashAttentionScore in every layout and mask mode that the substitute has."""

import mindspore as ms
import numpy as np
import pytest
from compare import assert_forward, assert_gradient, graph, random, use

from mindformers_lab_engine.failure import EngineError
from mindformers_lab_engine.operators.attention import FlashAttentionScore

B, S, N, D, V = 2, 4, 4, 4, 3
SCALE = 0.4
AXES = {"BNSD": (0, 1, 2, 3), "BSND": (0, 2, 1, 3), "BSH": (0, 2, 1, 3), "SBH": (2, 0, 1, 3)}


def attention(q, k, v, hidden):
    """q [B, N, S, D], k and v with a divisor of N heads, hidden [.., S, S] of booleans."""
    k, v = (np.repeat(x, q.shape[1] // x.shape[1], 1) for x in (k, v))
    score = np.where(hidden, -np.inf, q @ k.swapaxes(2, 3) * SCALE)
    weights = np.exp(score - score.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


def laid_out(x, layout):
    """[B, N, S, D] → layout."""
    moved = x.transpose(AXES[layout])
    return moved.reshape(*moved.shape[:2], -1) if layout in ("BSH", "SBH") else moved


def heads_first(x, layout, heads):
    """layout → [B, N, S, D]."""
    if layout in ("BSH", "SBH"):
        x = x.reshape(*x.shape[:2], heads, -1)
    return x.transpose(np.argsort(AXES[layout]))


def band(before, after):
    distance = np.arange(S)[None] - np.arange(S)[:, None]
    return (distance > after) | (distance < -before)


CAUSAL = band(S, 0)


def inputs(layout="BNSD", key_heads=N, value_size=V):
    shapes = ((B, N, S, D), (B, key_heads, S, D), (B, key_heads, S, value_size))
    return [np.ascontiguousarray(laid_out(random(*shape, seed=seed), layout)) for seed, shape in enumerate(shapes)]


def check(options, hidden, mask=None, layout="BNSD", key_heads=N):
    operator = FlashAttentionScore(N, scale_value=SCALE, input_layout=layout, **options)
    tensors = inputs(layout, key_heads)
    mask = None if mask is None else ms.Tensor(mask.astype(np.uint8))

    def call(q, k, v):
        return operator(q, k, v, None, None, None, mask)[3]

    def reference(q, k, v):
        heads = (N, key_heads, key_heads)
        return laid_out(
            attention(*(heads_first(x, layout, n) for x, n in zip((q, k, v), heads, strict=True)), hidden), layout
        )

    assert_forward(call, reference(*tensors), tensors)
    assert_gradient(call, reference, tensors)


@pytest.mark.parametrize(("layout", "key_heads"), [*((layout, 2) for layout in AXES), ("BNSD", N), ("SBH", 1)])
def test_every_layout_with_fewer_key_heads_and_another_value_size(layout, key_heads):
    check({"next_tokens": 0}, CAUSAL, CAUSAL[None, None], layout, key_heads)


def test_without_a_mask_everybody_attends_to_everybody():
    check({"next_tokens": 0}, np.zeros((S, S), bool))


def test_a_mask_of_each_sample_is_joined_with_the_band():
    mask = np.random.default_rng(5).random((B, 1, S, S)) < 0.3
    mask[..., np.arange(S), np.arange(S)] = False
    check({"next_tokens": 0}, mask | CAUSAL, mask)
    check({}, mask, mask)


def test_mode_1_uses_the_mask_alone():
    mask = np.random.default_rng(6).random((B, 1, S, S)) < 0.3
    mask[..., 0] = False
    check({"sparse_mode": 1, "next_tokens": 0}, mask, mask)


@pytest.mark.parametrize("mode", [2, 3])
def test_causal_modes_need_no_mask_of_their_own_size(mode):
    check({"sparse_mode": mode}, CAUSAL, np.triu(np.ones((2048, 2048)), 1))


def test_band_mode_is_a_sliding_window():
    check({"sparse_mode": 4, "pre_tokens": 2, "next_tokens": 0}, band(2, 0), np.triu(np.ones((2048, 2048)), 1))


def test_the_first_results_are_the_largest_score_and_the_sum_of_exponentials():
    operator = FlashAttentionScore(N, scale_value=SCALE, input_layout="BNSD", sparse_mode=2)
    q, k, v = inputs()
    score = np.where(CAUSAL, -np.inf, q @ k.swapaxes(2, 3) * SCALE)
    largest, total, _, _ = graph(use(operator))(*map(ms.Tensor, (q, k, v)))
    assert largest.shape == (B, N, S, 8)
    np.testing.assert_allclose(largest.asnumpy()[..., 3], score.max(-1), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        total.asnumpy()[..., 0], np.exp(score - score.max(-1, keepdims=True)).sum(-1), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"keep_prob": 0.9}, "dropout"),
        ({"input_layout": "TND"}, "input_layout TND"),
        ({"input_layout": "TH"}, "input_layout TH"),
        ({"sparse_mode": 5}, "sparse_mode 5"),
    ],
)
def test_options_that_it_does_not_have_are_refused_when_the_model_is_built(options, text):
    with pytest.raises(EngineError, match=text):
        FlashAttentionScore(N, **options)


@pytest.mark.parametrize(
    ("position", "text"),
    [(0, "ALiBi"), (1, "dropout"), (2, "padding_mask"), (4, "prefix"), (5, "packed"), (6, "packed")],
)
def test_inputs_that_it_does_not_have_are_refused(position, text):
    operator = FlashAttentionScore(N, input_layout="BNSD")
    further = [None] * 7
    further[position] = ms.Tensor(np.ones(1, np.float32))
    with pytest.raises(EngineError, match=text):
        operator(*map(ms.Tensor, inputs()), *further)


def test_a_refusal_reaches_the_user_from_inside_a_compiled_graph():
    operator = FlashAttentionScore(N, input_layout="BNSD")
    shift = ms.Tensor(np.ones(1, np.float32))
    with pytest.raises(Exception, match="ALiBi"):
        graph(use(operator, shift, pick=3))(*map(ms.Tensor, inputs()))
