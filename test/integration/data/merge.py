"""Random datasets by MindFormers' own writer, merged with its add_index: the part of reference_session.py that is asked with "merge"."""
import numpy as np
from mindformers.dataset.blended_datasets.indexed_dataset import IndexedDatasetBuilder


def merge(output, prefixes):
    """Gives the number of documents."""
    random = np.random.default_rng(0)
    for number, prefix in enumerate(prefixes):
        builder = IndexedDatasetBuilder(f"{prefix}.bin", dtype=np.int32)
        for _ in range(20 * number):
            lengths = random.integers(0, 30, random.integers(1, 5)).tolist()
            builder.add_document(random.integers(0, 1000, sum(lengths)).astype(np.int32), lengths)
        builder.finalize(f"{prefix}.idx")
    merged = IndexedDatasetBuilder(f"{output}.bin", dtype=np.int32)
    for prefix in prefixes:
        merged.add_index(prefix)
    merged.finalize(f"{output}.idx")
    return len(merged.document_indices) - 1
