"""Another library's tokens per second: python encode_batch.py LIBRARY INPUT TOKENIZER WORKERS, LIBRARY = tokenizers | gigatoken.

The text is cut where WikiText has its sections; 2,000 texts go to the library at a time, as numpy arrays or lists of ids come back. Only
the encoding is timed (seconds, cpuSeconds), not the reading of the file; whole and wholeCpu are the process from its start (BENCH_STARTED) on.
The last line printed is JSON.
"""
import json
import os
import resource
import sys
import time

library, source, path, workers = sys.argv[1:5]
os.environ["RAYON_NUM_THREADS"] = workers
os.environ["TOKENIZERS_PARALLELISM"] = "true"


def opened():
    if library == "gigatoken":
        import gigatoken

        tokenizer = gigatoken.Tokenizer(path)
        return lambda texts: sum(len(ids) for ids in tokenizer.encode_batch(texts))
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(path)
    return lambda texts: sum(len(found.ids) for found in tokenizer.encode_batch(texts, add_special_tokens=False))


def texts_of(file):
    """Sections, block by block, so that the memory stays small."""
    rest = ""
    while block := file.read(16 * 1024 * 1024):
        *whole, rest = (rest + block).split(" \n \n ")
        yield from (whole[at : at + 2000] for at in range(0, len(whole), 2000))
    yield [rest]


def main():
    count = opened()
    seconds, tokens, used = 0.0, 0, 0.0
    with open(source, encoding="utf-8") as file:
        for texts in texts_of(file):
            begun, begun_cpu = time.perf_counter(), time.process_time()
            tokens += count(texts)
            seconds += time.perf_counter() - begun
            used += time.process_time() - begun_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    whole = time.time() - float(os.environ["BENCH_STARTED"]) / 1000
    found = {"seconds": seconds, "cpuSeconds": used, "whole": whole, "wholeCpu": time.process_time()}
    print(json.dumps({**found, "tokens": tokens, "peakMiB": peak}))


main()
