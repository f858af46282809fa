"""Python stack of a rank: written by the engine layer on a signal, else read by py-spy where it is installed."""

import os
import shutil
import signal
import subprocess
import time

from .process_table import send_signal

ANSWER_SECONDS = 2
SPY_SECONDS = 7


def stack_of(place, rank):
    """The stack as text, or the reason that none could be had."""
    found = [process for process in place.processes() if process.get("rank") == rank]
    if not found:
        return f"rank {rank}: no process of that rank lives on node {place.node}"
    process = found[0]
    head = f"rank {rank}, process {process['pid']}, state {process['state']}"
    own = "" if process["state"] == "T" else _own_stack(place, process)
    return f"{head}\n{own or _spied_stack(process)}"


def stack_file(place, process):
    return os.path.join(place.stacks, f"rank-{process['rank']}.txt")


def _size(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _own_stack(place, process):
    """The engine layer makes the file when it has registered faulthandler on SIGUSR2; without that the signal would kill."""
    path = stack_file(place, process)
    if not os.path.exists(path):
        return ""
    before = _size(path)
    if not send_signal(process, signal.SIGUSR2):
        return ""
    deadline = time.monotonic() + ANSWER_SECONDS
    size = before
    while time.monotonic() < deadline:
        time.sleep(0.05)
        grown = _size(path)
        if grown > before and grown == size:
            break
        size = grown
    with open(path, encoding="utf-8", errors="replace") as file:
        file.seek(before)
        return file.read().strip()


def _spied_stack(process):
    spy = shutil.which("py-spy")
    if spy is None:
        return "no stack: the process does not answer, and py-spy is not installed (pip install py-spy)"
    command = [spy, "dump", "--nonblocking", "--pid", str(process["pid"])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SPY_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"no stack: py-spy gave none within {SPY_SECONDS} s"
    return done.stdout.strip() or f"no stack: py-spy: {done.stderr.strip()[:300]}"
