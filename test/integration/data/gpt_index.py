"""Builds training indices with MindFormers' own classes, to compare with: python gpt_index.py, in the folder of the data.

Every line of standard input is a JSON list of the settings of a BlendedMegatronDatasetDataLoader: {"sizes", "config"}. Each is built by MegatronDatasetBuilder's
configuration and BlendedMegatronDatasetBuilder in a child process, because the C++ helper aborts the process at a failed assertion and an empty
part is never finished. The indices are left in the cache folders; the answer is a line "answer " + JSON list with, for each case,
{"error"} or {"parts": [null | {"length", "anew", "blend"}]}: whether an index had to be built although there was a cache, and MD5s of the blend.
"""
import hashlib
import json
import os
import signal
import sys

from mindformers.dataset.blended_datasets.blended_megatron_dataset_builder import BlendedMegatronDatasetBuilder
from mindformers.dataset.blended_datasets.gpt_dataset import GPTDataset
from mindformers.dataset.dataloader.blended_megatron_dataloader import MegatronDatasetBuilder
from read_back import ensure_helpers


def md5(array):
    return hashlib.md5(array.tobytes()).hexdigest()


def part_facts(dataset):
    if dataset is None:
        return None
    datasets = getattr(dataset, "datasets", [dataset])
    facts = {"length": len(dataset), "anew": [one.built_anew_on_cache_miss for one in [dataset, *datasets]]}
    if hasattr(dataset, "dataset_index"):
        facts["blend"] = [md5(dataset.dataset_index), md5(dataset.dataset_sample_index)]
    return facts


def build(case):
    config = MegatronDatasetBuilder("GPTDataset", case["config"]).init_gpt_dataset_config()
    datasets = BlendedMegatronDatasetBuilder(GPTDataset, case["sizes"], lambda: True, config).build()
    return {"parts": [part_facts(dataset) for dataset in datasets]}


def work_through(cases, writer):
    """In a child: one line of facts per case, until the process dies of one."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    for case in cases:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.5)  # processor time: an epoch count without end
        try:
            facts = build(case)
        except Exception as error:  # pylint: disable=W0718
            facts = {"error": type(error).__name__}
        os.write(writer, json.dumps(facts).encode() + b"\n")
    os._exit(0)  # pylint: disable=W0212


def build_all(cases):
    """The facts of every case; where a child died, how, and the next one goes on behind it."""
    results = []
    while len(results) < len(cases):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            work_through(cases[len(results) :], writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            results += [json.loads(line) for line in file]
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            results.append({"error": signal.Signals(os.WTERMSIG(status)).name})
    return results


def main():
    ensure_helpers()
    for line in sys.stdin:
        print("answer", json.dumps(build_all(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
