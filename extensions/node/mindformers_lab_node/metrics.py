"""What the node measures of itself: processor, memory, disk, the run's workers, and NPUs where there is `npu-smi`."""

import os
import re
import shutil
import subprocess
import time

from .process_table import stat_fields

SAMPLE_SECONDS = 0.2
DEVICE_SECONDS = 5


def metrics(place):
    total = _memory()
    return {
        **({"cpuPercent": _cpu_percent()}),
        **total,
        **_disk(place.folder),
        "ranks": [_rank(process) for process in place.processes() if process["role"] == "worker" and "rank" in process],
        "devices": devices(),
    }


def _cpu_times():
    try:
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(field) for field in file.readline().split()[1:9]]
    except (OSError, ValueError):
        return None
    return sum(fields), fields[3] + fields[4]


def _cpu_percent():
    before = _cpu_times()
    time.sleep(SAMPLE_SECONDS)
    after = _cpu_times()
    if before is None or after is None or after[0] == before[0]:
        return None
    return round(100 * (1 - (after[1] - before[1]) / (after[0] - before[0])), 1)


def _memory():
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            values = dict(re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.MULTILINE))
        total, available = int(values["MemTotal"]) * 1024, int(values["MemAvailable"]) * 1024
    except (OSError, KeyError):
        return {}
    return {"memoryTotalBytes": total, "memoryUsedBytes": total - available}


def existing_parent(path):
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _disk(folder):
    try:
        found = os.statvfs(existing_parent(folder))
    except OSError:
        return {}
    return {"diskFreeBytes": found.f_bavail * found.f_frsize}


def _rank(process):
    fields = stat_fields(process["pid"])
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    seconds = 0 if fields is None else (int(fields[11]) + int(fields[12])) / ticks
    memory = 0 if fields is None else int(fields[21]) * page
    return {"rank": process["rank"], "cpuSeconds": seconds, "memoryBytes": memory}


def devices():
    """NPUs as `npu-smi info` lists them; none without the tool."""
    if shutil.which("npu-smi") is None:
        return []
    try:
        done = subprocess.run(
            ["npu-smi", "info"], capture_output=True, text=True, timeout=DEVICE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [{**device, **memory_errors(device["device"])} for device in parse_devices(done.stdout)]


def memory_errors(device):
    """Errors of two bits in the memory of an NPU since its start, as `npu-smi info -t ecc` counts them."""
    try:
        done = subprocess.run(
            ["npu-smi", "info", "-t", "ecc", "-i", str(device)],
            capture_output=True,
            text=True,
            timeout=DEVICE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    counts = re.findall(r"Double Bit Error Count\s*:\s*(\d+)", done.stdout)
    return {"uncorrectable": sum(map(int, counts))} if counts else {}


FIRST_ROW = re.compile(r"^\|\s*(\d+)\s+(\S+)\s*\|\s*(\S+)\s*\|\s*([\d.]+|NA|-)\s+([\d.]+|NA|-)\s")
SECOND_ROW = re.compile(r"^\|\s*(\d+)(?:\s+(\d+))?\s*\|\s*\w+:[\w:.]+\s*\|\s*(\d+|NA|-)\s(.*)\|\s*$")
PROCESS_ROW = re.compile(r"^\|\s*(\d+)\s+(\d+)\s*\|\s*(\d+)\s*\|\s*(\S+)\s*\|\s*(\d+)\s*\|(?:[^|]*\|)?\s*$")


def parse_devices(text):
    """Rows of the table of `npu-smi info`: two lines a chip, then the processes that use them.

    An NPU of two chips (Atlas A3) appears twice; its chips have a column Phy-ID, which counts as MindSpore does.
    """
    found, chips = [], {}
    for line in text.splitlines():
        if (second := SECOND_ROW.match(line)) and found:
            chip, physical, utilization, rest = second.groups()
            chips[(found[-1]["device"], int(chip))] = found[-1]
            if physical is not None:
                found[-1]["device"] = int(physical)
            used = re.findall(r"(\d+)\s*/\s*(\d+)", rest)
            found[-1].update(_numbers(utilizationPercent=utilization))
            if used:  # the last pair is the HBM, an earlier one the memory of the chip's own processors
                found[-1]["memoryUsedBytes"] = int(used[-1][0]) << 20
                found[-1]["memoryTotalBytes"] = int(used[-1][1]) << 20
        elif first := FIRST_ROW.match(line):
            npu, name, health, power, celsius = first.groups()
            found.append({"device": int(npu), "name": name, "health": health, "processes": []})
            found[-1].update(_numbers(powerWatts=power, temperatureCelsius=celsius))
        elif process := PROCESS_ROW.match(line):
            npu, chip, pid, name, _ = process.groups()
            if device := chips.get((int(npu), int(chip))):
                device["processes"].append({"pid": int(pid), "name": name})
    return found


def _numbers(**texts):
    return {name: float(text) for name, text in texts.items() if re.fullmatch(r"[\d.]+", text)}
