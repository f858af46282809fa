"""Processes of this machine, read from /proc. A process is named by its number, its start, and the boot: numbers are given again."""

import functools
import hashlib
import os
import re
import signal
import socket
import time

RUN = "MF_LAB_RUN"
NODE = "MF_LAB_NODE"
ATTEMPT = "MF_LAB_ATTEMPT"
STACKS = "MF_LAB_STACKS"
CONTROL = "MF_LAB_CONTROL"


def boot_id():
    """The kernel's id of this boot; empty where the system has none."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def stat_fields(pid):
    """Fields of /proc/<pid>/stat from the state on; None for a process that has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = re.sub(rb"^.*\)", b"", file.read(), flags=re.DOTALL).split()
    except OSError:
        return None
    return None if not fields or fields[0] in (b"Z", b"X") else fields


@functools.cache
def place_here():
    """Machine, boot, and container, as `src/core/liveness/process-identity.ts` makes them: processes of one place see each other."""
    name = socket.gethostname()
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    place = hashlib.sha256(f"{name}\n{boot_id()}\n{space}".encode()).hexdigest()[:12]
    return {"host": hashlib.sha256(name.encode()).hexdigest()[:6], "place": place}


def identity(pid):
    """Identity of a living process, or None."""
    fields = stat_fields(pid)
    return None if fields is None else {"pid": pid, "startTicks": int(fields[19]), **place_here()}


def is_running(process):
    """True if that very process still lives and this program can see it."""
    if not process or process.get("place") != place_here()["place"]:
        return False
    fields = stat_fields(process["pid"])
    return fields is not None and int(fields[19]) == process["startTicks"]


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _environment(pid):
    parts = _read(f"/proc/{pid}/environ").split(b"\0")
    pairs = (part.partition(b"=") for part in parts if b"=" in part)
    return {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, _, value in pairs}


def _number(text):
    return int(text) if text and re.fullmatch(r"\d{1,9}", text) else None


def _role(environment, command):
    if environment.get("MS_ROLE") == "MS_SCHED":
        return "scheduler"
    if environment.get("MS_ROLE") == "MS_WORKER":
        return "other" if re.search(r"(^|/)tail -f ", command) else "worker"  # msrun tails logs with its own environment
    return "other"


def run_processes(folder, node, launcher):
    """Living processes of a run on a node, wherever they sit in the process tree: launcher, scheduler, workers by rank, others."""
    first = launcher and (launcher["pid"], launcher["startTicks"])
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        environment = _environment(name)
        if environment.get(RUN) != folder or environment.get(NODE) != str(node):
            continue
        fields = stat_fields(name)
        if fields is None:
            continue
        command = _read(f"/proc/{name}/cmdline").replace(b"\0", b" ").decode("utf-8", "replace").strip()
        role = "launcher" if (int(name), int(fields[19])) == first else _role(environment, command)
        process = {
            "pid": int(name),
            "startTicks": int(fields[19]),
            **place_here(),
            "role": role,
            "command": command,
            "state": fields[0].decode("ascii", "replace"),
            "attempt": _number(environment.get(ATTEMPT)),
            "rank": _number(environment.get("RANK_ID")) if role == "worker" else None,
        }
        found.append({key: value for key, value in process.items() if value is not None})
    order = {"launcher": 0, "scheduler": 1, "worker": 2, "other": 3}
    return sorted(found, key=lambda process: (order[process["role"]], process.get("rank", 0), process["pid"]))


def send_signal(process, number):
    """Sends a signal to exactly that process; False if it is gone."""
    if not is_running(process):
        return False
    try:
        os.kill(process["pid"], number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def kill_all(find, seconds):
    """SIGKILL to every process that `find` returns until it returns none; the survivors after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        left = find()
        if not left or time.monotonic() > deadline:
            return left
        for process in left:
            send_signal(process, signal.SIGKILL)
        time.sleep(0.05)
