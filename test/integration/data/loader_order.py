"""What MindFormers' data set gives each rank: python loader_order.py JOBS.

JOBS is a JSON list of {"ranks", "parallel" (context settings), "batch" (samples per rank and step), "steps" (the trainer's limit), "epochs", "level" (of broadcasting),
"loader" (the section data_loader)}. Each rank is played by this process with RANK_ID and RANK_SIZE, as MindFormers reads them; its own
CausalLanguageModelDataset builds, shards and batches, `take` cuts as the trainer does. The last line printed is JSON: jobs × ranks ×
epochs × steps × samples of input ids, and jobs × ranks of the labels of the first step.
"""
import json
import os
import sys

import mindspore as ms
from mindformers import version_control
from mindformers.dataset.causal_language_model_dataset import CausalLanguageModelDataset
from mindformers.dataset.dataloader import blended_megatron_dataloader
from mindformers.dataset.dataloader import utils as loader_utils
from mindformers.tools.register import MindFormerConfig
from read_back import ensure_helpers

COLUMNS = ["input_ids", "labels", "loss_mask", "position_ids"]


def play(job, rank):
    os.environ.update(RANK_ID=str(rank), RANK_SIZE=str(job["ranks"]))
    config = MindFormerConfig(
        data_loader=job["loader"], input_columns=COLUMNS, batch_size=job["batch"], drop_remainder=True, num_parallel_workers=1
    )
    dataset = CausalLanguageModelDataset(dataset_config=config).take(job["steps"])
    iterator = dataset.create_dict_iterator(num_epochs=job["epochs"], output_numpy=True)
    epochs = [list(iterator) for _ in range(job["epochs"])]
    ids = [[step["input_ids"].tolist() for step in steps] for steps in epochs]
    return ids, epochs[0][0]["labels"].tolist()


def main():
    ensure_helpers()
    version_control.barrier = lambda: None  # one process plays all ranks: nobody to wait for
    ids, labels = [], []
    for job in json.loads(sys.argv[1]):
        ms.reset_auto_parallel_context()
        parallel = dict(job["parallel"])
        if "dataset_strategy" in parallel:
            parallel["dataset_strategy"] = tuple(map(tuple, parallel["dataset_strategy"]))
        ms.set_auto_parallel_context(**parallel)
        # What build_context would have stored: graph mode, and how data is broadcast.
        for module in loader_utils, blended_megatron_dataloader:
            module.get_context = {"mode": 0, "dataset_broadcast_opt_level": job["level"]}.get
        played = [play(job, rank) for rank in range(job["ranks"])]
        ids.append([one[0] for one in played])
        labels.append([one[1] for one in played])
    print(json.dumps({"ids": ids, "labels": labels}))


if __name__ == "__main__":
    main()
