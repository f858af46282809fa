"""Another library's tokens per second: python encode_batch.py LIBRARY INPUT TOKENIZER WORKERS, LIBRARY = tokenizers | gigatoken.

The text is cut where WikiText has its sections; 2,000 texts go to the library at a time, as numpy arrays or lists of ids come back. Only
the encoding is timed, not the reading of the file, and the tokenizer's opening apart. The last line printed is JSON.
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
    started = time.perf_counter()
    count = opened()
    load = time.perf_counter() - started
    seconds, tokens, used = 0.0, 0, 0.0
    with open(source, encoding="utf-8") as file:
        for texts in texts_of(file):
            begun, begun_cpu = time.perf_counter(), time.process_time()
            tokens += count(texts)
            seconds += time.perf_counter() - begun
            used += time.process_time() - begun_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "load": load, "tokens": tokens, "cpuSeconds": used, "peakMiB": peak}))


main()
