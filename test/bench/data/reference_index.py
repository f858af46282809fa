"""MindFormers' own building of the indices, timed: python reference_index.py PREFIX SEQ_LENGTH SAMPLES ROUNDS.

The whole build of GPTDataset (tokens per epoch, document index, sample index by the C++ helper, shuffle index) without its cache, the data
set opened before; and the helper alone. Also the memory that the build adds at its peak. The last line printed is JSON with the seconds.
"""
import json
import os
import resource
import sys
import time

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "integration", "data"))
from mindformers.dataset.blended_datasets.blended_megatron_dataset_config import Split  # noqa: E402
from mindformers.dataset.blended_datasets.gpt_dataset import GPTDataset, GPTDatasetConfig  # noqa: E402
from mindformers.dataset.blended_datasets.indexed_dataset import IndexedDataset  # noqa: E402
from read_back import ensure_helpers  # noqa: E402


def main():
    prefix, seq_length, samples, rounds = sys.argv[1], *map(int, sys.argv[2:5])
    ensure_helpers()
    from mindformers.dataset.blended_datasets import helpers  # pylint: disable=C0415

    low = IndexedDataset(prefix, mmap=False)
    config = GPTDatasetConfig(
        random_seed=1234, sequence_length=seq_length, blend=([prefix], None), split="1, 0, 0", path_to_cache="",
        reset_position_ids=False, reset_attention_mask=False, eod_mask_loss=False,
    )
    indices = np.arange(len(low), dtype=np.int32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole, helper = [], []
    for _ in range(rounds):
        started = time.process_time()
        dataset = GPTDataset(low, prefix, indices, samples or None, Split.train, config)
        whole.append(time.process_time() - started)
        lengths, tokens = low.sequence_lengths.copy(), int(low.sequence_lengths.sum())
        epochs = len(dataset.document_index) // len(low)
        started = time.process_time()
        helpers.build_sample_idx(lengths, dataset.document_index, seq_length, epochs, tokens, True, True)
        helper.append(time.process_time() - started)
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"whole": whole, "helper": helper, "samples": len(dataset), "addedKiB": added}))


if __name__ == "__main__":
    main()
