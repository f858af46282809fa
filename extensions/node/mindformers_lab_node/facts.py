"""Facts about the node that the launching machine compares before a start. Judging them is not done here."""

import glob
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import time

from .attempt import environment_of
from .metrics import devices, existing_parent
from .process_table import RUN

IMPORT_SECONDS = 180
TOOL_SECONDS = 10

IMPORT_PROGRAM = """
import importlib.metadata, json, sys
found = {"python": sys.version.split()[0]}
for name in ("mindspore", "mindformers", "mindio_ttp"):
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = None
import mindspore
print("\\x1e" + json.dumps(found))
"""


def preflight_facts(place, question):
    """`question`: python, environment, port, master address, whether to import MindSpore."""
    return {
        "hostname": socket.gethostname(),
        "ownAddresses": addresses_of(socket.gethostname()),
        "masterAddresses": addresses_of(question["master"]),
        "time": time.time() * 1000,
        "imports": engine_versions(place, question),
        "cann": version_file("/usr/local/Ascend/*/*/version.info", "/usr/local/Ascend/ascend-toolkit/latest/version.cfg"),
        "driver": version_file("/usr/local/Ascend/driver/version.info"),
        "disk": disk(place.folder),
        "limits": limits(),
        "port": port_holder(question["port"]) if question["node"] == 0 else None,
        "devices": devices(),
        "links": device_links(question["devices"]),
        "processes": other_runs(place),
        "ownProcesses": place.processes(),
        "container": os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"),
    }


def addresses_of(name):
    try:
        return sorted({entry[4][0] for entry in socket.getaddrinfo(name, None)})
    except OSError:
        return []


def engine_versions(place, question):
    """Imports MindSpore in exactly the environment of the launch; versions, or the last line of what went wrong."""
    python = question["python"]
    if not os.path.exists(python):
        target = f", a link to {os.readlink(python)}, which is missing" if os.path.islink(python) else ""
        return {"error": f"no {python}{target}"}
    environment = environment_of(place, {"attempt": 0, "argv": [python], "environment": question["environment"]})
    environment[RUN] = ""
    command = [python, "-c", IMPORT_PROGRAM]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=IMPORT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {"error": f"import mindspore: did not end within {IMPORT_SECONDS} s"}
    except OSError as error:
        return {"error": f"{python}: {error.strerror}"}
    answer = re.search(r"\x1e(\{.*\})", done.stdout)
    if done.returncode == 0 and answer:
        return json.loads(answer.group(1))
    lines = done.stderr.strip().splitlines()
    return {"error": lines[-1][:300] if lines else f"exit code {done.returncode}"}


def version_file(*patterns):
    for path in sorted(path for pattern in patterns for path in glob.glob(pattern)):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                found = re.search(r"^\s*(?:Version|package_version|toolkit_running_version)\s*=\s*(\S+)", file.read(), re.M)
        except OSError:
            continue
        if found:
            return found.group(1).strip("[]")
    return None


def disk(folder):
    parent = existing_parent(folder)
    found = os.statvfs(parent)
    writable = os.access(parent, os.W_OK | os.X_OK)
    return {"folder": parent, "free": found.f_bavail * found.f_frsize, "writable": writable}


def limits():
    files, processes = resource.getrlimit(resource.RLIMIT_NOFILE)[0], resource.getrlimit(resource.RLIMIT_NPROC)[0]
    return {"files": files, "processes": processes if processes != resource.RLIM_INFINITY else -1}


def port_holder(port):
    """None if the port is free; else who listens there, with the run that it belongs to."""
    server = socket.socket()
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", port))
        return None
    except OSError as error:
        return holder_of(port) or {"what": error.strerror}
    finally:
        server.close()


def free_port(start):
    """The first port from `start` on that nobody listens on and no starting launcher means to take."""
    meant = set()
    for path in glob.iglob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                found = re.search(rb"--master_port=(\d+)", file.read())
        except OSError:
            continue
        if found:
            meant.add(int(found.group(1)))
    return next((port for port in range(start, 65_536) if port not in meant and port_holder(port) is None), None)


def listening_inode(port):
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        for row in rows:
            if row[3] == "0A" and row[1].endswith(wanted):
                return row[9]
    return None


def holder_of(port):
    inode = listening_inode(port)
    if inode is None:
        return None
    for path in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(path) != f"socket:[{inode}]":
                continue
        except OSError:
            continue
        pid = int(path.split("/")[2])
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        return {"pid": pid, "what": command[:200], "run": run_of(pid)}
    return None


def run_of(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            found = re.search(rb"(?:^|\0)" + RUN.encode() + rb"=([^\0]+)", file.read())
    except OSError:
        return None
    return found.group(1).decode("utf-8", "replace") if found else None


def other_runs(place):
    """Launchers, schedulers, and workers of other runs, which may hold devices or ports."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (run := run_of(name)) and run != place.folder:
            found.setdefault(run, []).append(int(name))
    return [{"run": run, "pids": sorted(pids)} for run, pids in sorted(found.items())]


def device_links(count):
    """State of each NPU's network link, where `hccn_tool` is; none elsewhere."""
    if shutil.which("hccn_tool") is None:
        return []
    return [{"device": device, "link": tool_answer("-i", str(device), "-link", "-g")} for device in range(count)]


def tool_answer(*words):
    try:
        done = subprocess.run(
            ["hccn_tool", *words], capture_output=True, text=True, timeout=TOOL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
