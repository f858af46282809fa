"""Reads a dataset as MindFormers does in training: the part of reference_session.py that is asked with "read".

Every sequence through IndexedDataset, then SAMPLES samples through GPTDataset, built by BlendedMegatronDatasetBuilder with the settings
that MindFormers' data loader gives it. The answer: the number of sequences and tokens, a SHA-256 of all tokens in
order, and the first samples' ids and labels.
"""
import hashlib
import os
import subprocess
import sys

import numpy as np
from mindformers.dataset import blended_datasets
from mindformers.dataset.blended_datasets.blended_megatron_dataset_builder import BlendedMegatronDatasetBuilder
from mindformers.dataset.blended_datasets.gpt_dataset import GPTDataset, GPTDatasetConfig
from mindformers.dataset.blended_datasets.indexed_dataset import IndexedDataset


def ensure_helpers():
    """MindFormers builds its C++ helper when a training starts; without one, it is built here in the same way."""
    folder = os.path.dirname(blended_datasets.__file__)
    if any(name.startswith("helpers.") and name.endswith(".so") for name in os.listdir(folder)):
        return
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    subprocess.run(["make", "-C", folder], check=True, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL)


def build(prefix, seq_length, samples):
    config = GPTDatasetConfig(
        random_seed=1234,
        sequence_length=seq_length,
        blend=([prefix], None),
        split="1, 0, 0",
        mmap_bin_files=None,
        reset_position_ids=False,
        reset_attention_mask=False,
        eod_mask_loss=False,
        create_attention_mask=False,
        eod=1,
        pad=2,
    )
    return BlendedMegatronDatasetBuilder(GPTDataset, [samples, 0, 0], lambda: True, config).build()[0]


def read(prefix, seq_length, samples):
    ensure_helpers()
    low = IndexedDataset(prefix, mmap=False)
    sequences = [low[i] for i in range(len(low))]
    tokens = np.concatenate(sequences)

    dataset = build(prefix, seq_length, samples)
    flat = np.concatenate([sequences[i] for i in dataset.document_index])
    shown = []
    for i in range(samples):
        sample = dataset[i]
        ids, labels = np.asarray(sample[0]), np.asarray(sample[1])
        start = int(dataset.shuffle_index[i]) * seq_length
        assert np.array_equal(ids, flat[start : start + seq_length]), i
        assert np.array_equal(labels, flat[start + 1 : start + seq_length + 1]), i
        shown.append({"ids": ids.tolist(), "labels": labels.tolist()})
    digest = hashlib.sha256(tokens.astype("<i4").tobytes()).hexdigest()
    return {"sequences": len(low), "tokens": int(tokens.size), "sha256": digest, "samples": shown[:2]}
