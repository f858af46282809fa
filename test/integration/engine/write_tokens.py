"""Writes a small data set with MindFormers' own writer: write_tokens.py PREFIX SEQUENCES LENGTH VOCABULARY; prints the number of tokens.

Tokens follow a power law, so that a model learns within a few steps which ones are frequent.
"""

import sys

import numpy as np
from mindformers.dataset.blended_datasets.indexed_dataset import IndexedDatasetBuilder

prefix, sequences, length, vocabulary = sys.argv[1], *map(int, sys.argv[2:])
random = np.random.default_rng(0)
builder = IndexedDatasetBuilder(f"{prefix}.bin", dtype=np.int32)
for _ in range(sequences):
    builder.add_document((random.zipf(1.5, length) % vocabulary).astype(np.int32), [length])
builder.finalize(f"{prefix}.idx")
print(sequences * length)
