"""Seconds from the start of a kernel to its first result, and of a trivial cell: start_and_cell.py CHECKOUT. Prints JSON; compare.mjs asks for it."""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import bench

CELLS = 240


def used(kernel):
    return sum(bench.processor_time(pid) for pid in [kernel.pid, *bench.descendants(kernel.pid)])


def main():
    bench.ROOT = Path(sys.argv[1])
    folder = Path(tempfile.mkdtemp(prefix="kernel-compare-"))
    try:
        specs = bench.write_kernelspecs(folder, None)
        os.chdir(folder)
        kernel = bench.Kernel(specs["ours"])
        try:
            kernel.reply(kernel.client.execute("1 + 1"))
            start = {"wall": time.perf_counter() - kernel.started, "processor": used(kernel)}
            kernel.client.wait_for_ready(timeout=60)
            for _ in range(10):
                kernel.run("1 + 1")
            before = used(kernel)
            times = [kernel.run("1 + 1")[0] for _ in range(CELLS)]
            cell = {"wall": statistics.median(times), "processor": (used(kernel) - before) / CELLS}
        finally:
            kernel.stop()
        print(json.dumps({"kernel start": start, "trivial cell": cell}))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
