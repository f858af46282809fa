"""FlashAttentionScore: no CPU kernel in MindSpore 2.9.0 (`use_flash_attention: False` is ignored by MindFormers 1.9.0's training graph)."""

import mindspore as ms
from mindspore import ops

from .primitive import CpuOperator, refuse

LAYOUTS = ("BSH", "SBH", "BSND", "BNSD")
UNLIMITED = 2147483647
MASKED = -3.4028234663852886e38  # lowest float32: softmax gives it the weight 0


@ms.jit_class
class FlashAttentionScore(CpuOperator):
    """softmax(mask(q·kᵀ · scale_value))·v, computed plainly; fewer key heads than query heads are repeated.

    B batch, S sequence, N heads, D head size, H = N·D. attn_mask: 1 = may not attend.
    sparse_mode 0: no mask, or attn_mask [.., S, S] and the band pre_tokens/next_tokens; 1: attn_mask alone; 2: causal;
    3: causal; 4: the band alone (3 and 4 with as many keys as queries; attn_mask is then the fixed 2048×2048 triangle and not needed).
    Results: largest score and sum of exponentials of each row [B, N, S, 8] (8 equal columns, as the kernel gives them), None, output in q's layout.
    """

    def __init__(
        self,
        head_num,
        keep_prob=1.0,
        scale_value=1.0,
        pre_tokens=UNLIMITED,
        next_tokens=UNLIMITED,
        inner_precise=0,
        input_layout="BSH",
        sparse_mode=0,
    ):
        if keep_prob != 1.0:
            refuse("FlashAttentionScore", f"dropout (keep_prob {keep_prob})", "attention_dropout: 0.0")
        if input_layout not in LAYOUTS:
            refuse("FlashAttentionScore", f"input_layout {input_layout}", "use_eod_attn_mask_compression: False")
        if sparse_mode not in (0, 1, 2, 3, 4):
            refuse("FlashAttentionScore", f"sparse_mode {sparse_mode}", "sparse_mode: 0")
        self.heads = head_num
        self.scale = scale_value
        self.before = pre_tokens
        self.after = next_tokens
        self.layout = input_layout
        self.mode = sparse_mode

    def __call__(
        self,
        query,
        key,
        value,
        real_shift=None,
        drop_mask=None,
        padding_mask=None,
        attn_mask=None,
        prefix=None,
        actual_seq_qlen=None,
        actual_seq_kvlen=None,
    ):
        if real_shift is not None:
            refuse("FlashAttentionScore", "real_shift (ALiBi)", "use_alibi_mask: False")
        if drop_mask is not None:
            refuse("FlashAttentionScore", "drop_mask (dropout)", "attention_dropout: 0.0")
        if padding_mask is not None:
            refuse("FlashAttentionScore", "padding_mask", "omit padding_mask")
        if prefix is not None:
            refuse("FlashAttentionScore", "prefix", "omit prefix")
        if actual_seq_qlen is not None or actual_seq_kvlen is not None:
            refuse("FlashAttentionScore", "packed sequences (actual_seq_qlen)", "create_compressed_eod_mask: False")
        size = self._head_size(query)
        q = self._to_bnsd(query, self.heads)
        k = self._to_bnsd(key, self._key_heads(key, size))
        v = self._to_bnsd(value, k.shape[1])
        if k.shape[1] != self.heads:
            k = ops.repeat_interleave(k, self.heads // k.shape[1], 1)
            v = ops.repeat_interleave(v, self.heads // v.shape[1], 1)
        score = ops.matmul(q, k.transpose((0, 1, 3, 2))) * self.scale
        score = self._mask(score, attn_mask)
        largest = score.max(-1, keepdims=True)
        total = ops.exp(score - largest).sum(-1, keepdims=True)
        output = ops.matmul(ops.softmax(score, -1), v)
        return ops.tile(largest, (1, 1, 1, 8)), ops.tile(total, (1, 1, 1, 8)), None, self._from_bnsd(output)

    def _mask(self, score, attn_mask):
        queries, keys = score.shape[2], score.shape[3]
        if self.mode in (3, 4) and queries != keys:
            refuse(
                "FlashAttentionScore",
                f"sparse_mode {self.mode} with {queries} queries and {keys} keys",
                "sparse_mode: 0",
            )
        if self.mode == 1 and attn_mask is None:
            refuse("FlashAttentionScore", "sparse_mode 1 without attn_mask", "sparse_mode: 0")
        hidden = None
        if self.mode in (0, 1) and attn_mask is not None:
            hidden = ops.cast(attn_mask, ms.bool_)
        band = self._band(queries, keys, attn_mask)
        if band is not None:
            hidden = band if hidden is None else ops.logical_or(hidden, band)
        return score if hidden is None else ops.masked_fill(score, hidden, MASKED)

    def _band(self, queries, keys, attn_mask):
        """True where key j lies outside i - before … i + after of query i; None where no band applies."""
        before, after = self.before, self.after
        if self.mode in (2, 3):
            before, after = UNLIMITED, 0
        if self.mode == 1 or (self.mode == 0 and attn_mask is None):
            return None
        if before >= queries and after >= keys:
            return None
        distance = ops.reshape(ops.arange(keys), (1, -1)) - ops.reshape(ops.arange(queries), (-1, 1))
        return ops.logical_or(distance > after, distance < -before)

    def _head_size(self, query):
        return query.shape[-1] if self.layout in ("BSND", "BNSD") else query.shape[-1] // self.heads

    def _key_heads(self, key, size):
        if self.layout == "BNSD":
            return key.shape[1]
        return key.shape[2] if self.layout == "BSND" else key.shape[-1] // size

    def _to_bnsd(self, x, heads):
        if self.layout == "BNSD":
            return x
        if self.layout == "BSND":
            return x.transpose((0, 2, 1, 3))
        parts = x.reshape((x.shape[0], x.shape[1], heads, x.shape[2] // heads))
        return parts.transpose((0, 2, 1, 3)) if self.layout == "BSH" else parts.transpose((1, 2, 0, 3))

    def _from_bnsd(self, x):
        if self.layout == "BNSD":
            return x
        if self.layout == "BSND":
            return x.transpose((0, 2, 1, 3))
        parts = x.transpose((0, 2, 1, 3)) if self.layout == "BSH" else x.transpose((2, 0, 1, 3))
        return parts.reshape((parts.shape[0], parts.shape[1], parts.shape[2] * parts.shape[3]))
