"""Looks whether the workers are at work, as `src/run/nodes/local/local-busy.ts` does on the launching machine.

A rank that waits for another one sleeps with all its threads in the collective.
"""

import os
import threading
import time

LOOK_SECONDS = 1
PATIENCE_SECONDS = 60
MOST_THREADS = 8
GOLDEN = (5**0.5 - 1) / 2


def pause_after(look):
    """Seconds to the next look. Unequal: equal pauses would meet each rank at the same place of its step."""
    return LOOK_SECONDS * (1 + (look + 1) * GOLDEN % 1 - look * GOLDEN % 1)


def _thread(pid, thread):
    """State and used ticks of a thread; None once it has ended."""
    try:
        with open(f"/proc/{pid}/task/{thread}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return (fields[0], int(fields[11]) + int(fields[12])) if len(fields) > 12 else None


class _Worker:
    def __init__(self):
        self.looks = self.busy = 0
        self.ticks = {}
        self.threads = []

    def choose(self, pid):
        """The threads that used most since the last choice, and the first one."""
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            threads = []
        ticks = {thread: stat[1] for thread in threads if (stat := _thread(pid, thread))}
        used = sorted(ticks, key=lambda thread: self.ticks.get(thread, 0) - ticks[thread])
        self.threads = list(dict.fromkeys([*used[: MOST_THREADS - 1], str(pid)]))
        self.ticks = ticks

    def look(self, pid):
        self.looks += 1
        stats = (_thread(pid, thread) for thread in self.threads)
        self.busy += any(stat and stat[0] in (b"R", b"D", b"T", b"t") for stat in stats)


class Busy:
    """Counts looks at the workers that `processes` finds, from the first question to a minute after the last one."""

    def __init__(self, processes):
        self.processes = processes
        self.workers = {}
        self.asked = 0
        self.lock = threading.Lock()
        self.thread = None

    def looks(self):
        """Looks at each rank so far, and those that found it at work."""
        found = [each for each in self.processes() if each["role"] == "worker" and "rank" in each]
        with self.lock:
            self.asked = time.monotonic()
            self.workers = {key: self.workers.get(key) or _Worker() for each in found for key in [(each["pid"], each["rank"])]}
            for (pid, _), worker in self.workers.items():
                worker.choose(pid)
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, daemon=True)
                self.thread.start()
            return [
                {"rank": rank, "looks": worker.looks, "busy": worker.busy} for (_, rank), worker in self.workers.items()
            ]

    def _run(self):
        look = 0
        while True:
            time.sleep(pause_after(look))
            look += 1
            with self.lock:
                if time.monotonic() > self.asked + PATIENCE_SECONDS:
                    self.thread = None
                    return
                for (pid, _), worker in self.workers.items():
                    worker.look(pid)
