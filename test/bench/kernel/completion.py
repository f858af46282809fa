"""How long does a completion take at the places of real notebooks where somebody types?

    npm run build && .venv/bin/python test/bench/kernel/completion.py [NOTEBOOK ...]

Completes every code cell after each dot, quote, bracket, and comma, and after two letters of each word, with nothing behind the cursor. Then the cell
runs, so that the next one knows its names. Leaves out the first 20 answers, which warm the kernel up. The processor time is that of all processes of the
kernel; unlike the time on the clock, it hardly depends on what else the machine does.
"""

import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import ROOT, Kernel, descendants, processor_time, write_kernelspecs

LESSONS = ["21-edit-a-config", "20-plan-for-a-cluster", "22-read-a-plan"]
WARM_UP = 20
PLACE = re.compile(r"[.\"'(,{]|\b\w{2}(?=\w)")


def code_cells(path):
    return ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def measure(path):
    """Time, processor time (both in ms), and the text before each cursor; how many answers offered something; how many cells failed."""
    kernel = Kernel("mindformers-lab")
    kernel.client.wait_for_ready(timeout=60)
    times, filled, failed = [], 0, 0
    try:
        pids = [kernel.pid, *descendants(kernel.pid)]
        used = lambda: 1000 * sum(map(processor_time, pids))
        for code in code_cells(path):
            for match in PLACE.finditer(code):
                typed = code[: match.end()]
                started, before = time.perf_counter(), used()
                content = kernel.reply(kernel.client.complete(typed, len(typed)))
                times.append((1000 * (time.perf_counter() - started), used() - before, typed[-40:]))
                filled += len(content["matches"]) > 0
            failed += kernel.reply(kernel.client.execute(code))["status"] != "ok"
    finally:
        kernel.stop()
    return times, filled, failed


def percentiles(values):
    values = sorted(values)
    return f"p50 {statistics.median(values):.1f} ms, p95 {values[int(0.95 * len(values))]:.1f} ms"


def main():
    paths = [Path(name).resolve() for name in sys.argv[1:]] or [ROOT / f"notebooks/{name}.ipynb" for name in LESSONS]
    folder = Path(tempfile.mkdtemp(prefix="kernel-bench-"))
    try:
        write_kernelspecs(folder, None)
        shutil.copytree(ROOT / "notebooks/data", folder / "data", dirs_exist_ok=True)
        os.chdir(folder)
        for path in paths:
            times, filled, failed = measure(path)
            warm = sorted(times[WARM_UP:])
            both = [percentiles(one[column] for one in warm) for column in (0, 1)]
            print(f"{path.stem}: {len(warm)} places, {filled} with an offer, {both[0]}, processor {both[1]}, cells that failed: {failed}")
            for taken, processor, typed in warm[-3:]:
                print(f"  {taken:.0f} ms (processor {processor:.0f}) after {typed!r}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
