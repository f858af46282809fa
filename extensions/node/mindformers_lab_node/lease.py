"""Who supervises the run, as the nodes know it. Supervisors on different machines share no folder, so node 0 decides.

    <run folder>/nodes/node-<m>/supervisor.json   identity of the supervisor that the node obeys, and where it runs
    <run folder>/nodes/node-<m>/beat              monotonic time of its last question
    <run folder>/nodes/node-<m>/reservation.json  the launch that may use this folder
"""

import contextlib
import fcntl
import json
import os
import threading
import time

from .node_files import read_json, write_whole
from .process_table import boot_id

BEAT_SECONDS = 2
RESERVED_SECONDS = 300


@contextlib.contextmanager
def locked(place):
    """One change at a time on this node, whoever asks for it."""
    os.makedirs(place.own, exist_ok=True)
    with open(os.path.join(place.own, "lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stamp():
    return {"boot": boot_id(), "at": time.monotonic()}


def _age(stamp):
    """Seconds since a stamp by the monotonic clock; None if it is of another boot or missing."""
    if not stamp or stamp.get("boot") != boot_id():
        return None
    return max(0.0, time.monotonic() - stamp["at"])


class Beat:
    """Keeps the time of the last question of the supervisor that this node obeys."""

    def __init__(self, place):
        self.path = os.path.join(place.own, "beat")
        self.place = place
        self.written = 0.0
        self.lock = threading.Lock()

    def heard(self, supervisor):
        if supervisor is None or time.monotonic() < self.written + BEAT_SECONDS:
            return
        with self.lock, contextlib.suppress(OSError):
            if obeyed(self.place) == supervisor:
                self.written = time.monotonic()
                write_whole(self.path, json.dumps(_stamp()).encode())


def obeyed(place):
    return (read_json(place.supervisor) or {}).get("supervisor")


def lease_of(place):
    """The supervisor that this node obeys, and the seconds since its last question (None if nobody knows)."""
    known = read_json(place.supervisor) or {}
    return {
        "supervisor": known.get("supervisor"),
        "from": known.get("from"),
        "silent": _age(read_json(os.path.join(place.own, "beat"))),
    }


def take(place, supervisor, expected, **about):
    """Makes `supervisor` the one that this node obeys, if that is still `expected`. Returns the lease as it is then."""
    with locked(place):
        if obeyed(place) == expected:
            write_whole(os.path.join(place.own, "beat"), json.dumps(_stamp()).encode())
            write_whole(place.supervisor, json.dumps({"supervisor": supervisor, "from": about.get("origin")}).encode())
        return lease_of(place)


def reserve(place, run, fingerprint, origin):
    """Reserves the folder for a launch. Returns the reservation that counts: an older one of another run, or this one."""
    path = os.path.join(place.own, "reservation.json")
    with locked(place):
        known = read_json(path) or {}
        started = (read_json(place.state) or {}).get("run")
        age = _age(known.get("stamp"))
        if started is not None and started != run:
            same = known if known.get("run") == started else {"run": started, "fingerprint": None, "from": None}
            return {**same, "processes": len(place.processes()), "started": True}
        if started is None and known.get("run") not in (None, run) and age is not None and age < RESERVED_SECONDS:
            return {**known, "processes": 0, "started": False}
        mine = {"run": run, "fingerprint": fingerprint, "from": origin, "stamp": _stamp()}
        write_whole(path, json.dumps(mine).encode())
        return {**mine, "processes": 0, "started": False}


def release(place, run):
    """Gives the folder free for others: the launch that reserved it has failed."""
    path = os.path.join(place.own, "reservation.json")
    with locked(place):
        if (read_json(path) or {}).get("run") == run and read_json(place.state) is None:
            os.unlink(path)
