"""The way of MindFormers' preparation script, timed: python reference_path.py INPUT TOKENIZER PREFIX SEQ_LENGTH WORKERS.

As in the script: clean the whole text, write it as JSON lines, encode the lines in a process pool (a method of an object that holds the
tokenizer, 32 lines per task), stitch, write. The last line printed is JSON: seconds and cpuSeconds without imports, whole and wholeCpu of the process
from its start (BENCH_STARTED) on.
"""
import json
import multiprocessing
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "integration", "data"))
from oracle import clean, reference_tokenizer, stitched, write  # noqa: E402  pylint: disable=C0413


class Encoder:
    def __init__(self, path):
        self.tokenizer = reference_tokenizer(path)

    def encode(self, line):
        return self.tokenizer(json.loads(line)["text"])["input_ids"]


def main():
    source, tokenizer, prefix, seq_length, workers = sys.argv[1:6]
    started, imported = time.perf_counter(), time.process_time()
    with open(source, encoding="utf-8") as file:
        pieces = clean(file.read()).split("\n\n")
    with open(f"{prefix}.json", "w", encoding="utf-8") as file:
        for i, piece in enumerate(pieces):
            if piece and not piece.strip().startswith("="):
                file.write(json.dumps({"text": piece, "id": str(i)}) + "\n")
    encoder = Encoder(tokenizer)
    length = int(seq_length) + 1
    with open(f"{prefix}.json", encoding="utf-8") as lines, multiprocessing.Pool(int(workers)) as pool:
        encoded = list(pool.imap(encoder.encode, lines, 32))
    write(prefix, stitched(encoded, length), length)
    seconds = time.perf_counter() - started
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    whole_cpu = sum(one.ru_utime + one.ru_stime for one in used)
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    whole = time.time() - float(os.environ["BENCH_STARTED"]) / 1000
    found = {"seconds": seconds, "cpuSeconds": whole_cpu - imported, "whole": whole, "wholeCpu": whole_cpu}
    print(json.dumps({**found, "tokens": sum(map(len, encoded)), "peakMiB": peak}))


if __name__ == "__main__":
    main()
