"""How fast is the kernel, beside ipykernel and Deno's kernel, in one run?

    npm run build && .venv/bin/python test/bench/kernel/bench.py [--rounds 5] [--only ours,ipykernel,deno] [--deno PROGRAM]
    … --session 2000      one session of so many cells: latency and memory at its start and at its end
    … --restarts 100      so many restarts through jupyter_client, and what they leave behind
    … --starts 15         so many starts of each kernel, in turns: first result, and processor time of its processes until then

Deno's kernel is measured if its program is given (npm install deno@2.9.6 in a folder of its own; the environment variable DENO names it too).
Every round starts a fresh kernel of each kind, one after the other, and takes the median of its own repetitions; the table shows medians of rounds.
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LINES = 20_001
UPDATES = 1000

TYPESCRIPT = {
    "trivial": "1 + 1",
    "import": 'import { basename } from "node:path"; basename("/a/b")',
    "prepare": "const measured = 1;",
    "complete": "Math.fl",
    "lines": f"for (let i = 0; i < {LINES}; i++) console.log('line', i)",
}
CELLS = {
    "ours": {
        **TYPESCRIPT,
        "updates": "display({ 'text/plain': 'start' }, { displayId: 'u' });"
        f"for (let i = 0; i < {UPDATES}; i++) display({{ 'text/plain': String(i) }}, {{ displayId: 'u', update: true }})",
    },
    "deno": {
        **TYPESCRIPT,
        "updates": "await Deno.jupyter.display({ 'text/plain': 'start' }, { raw: true, display_id: 'u' });"
        f"for (let i = 0; i < {UPDATES}; i++)"
        " await Deno.jupyter.display({ 'text/plain': String(i) }, { raw: true, display_id: 'u', update: true })",
    },
    "ipykernel": {
        "trivial": "1 + 1",
        "import": "from os.path import basename; basename('/a/b')",
        "prepare": "import math",
        "complete": "math.fl",
        "lines": f"for i in range({LINES}): print('line', i)",
        "updates": "h = display('start', display_id='u')\n"
        f"for i in range({UPDATES}): h.update({{'text/plain': str(i)}}, raw=True)",
    },
}


def write_kernelspecs(folder, deno):
    subprocess.run(["node", str(ROOT / "dist/kernel/main.js"), "install", "--prefix", str(folder)], check=True, stdout=subprocess.DEVNULL)
    kernels = folder / "share/jupyter/kernels"
    os.environ["JUPYTER_PATH"] = str(folder / "share/jupyter")
    os.environ["JUPYTER_DATA_DIR"] = str(folder / "data")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(folder / "runtime")
    specs = {"ours": "mindformers-lab", "ipykernel": "bench-python"}
    write_spec(kernels / "bench-python", [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], {})
    if deno:
        environment = {"DENO_DIR": str(folder / "deno"), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
        write_spec(kernels / "bench-deno", [deno, "jupyter", "--kernel", "--conn", "{connection_file}"], environment)
        specs["deno"] = "bench-deno"
    return specs


def write_spec(folder, argv, environment):
    folder.mkdir(parents=True)
    spec = {"argv": argv, "display_name": folder.name, "language": "any", "env": environment}
    (folder / "kernel.json").write_text(json.dumps(spec))


class Kernel:
    def __init__(self, name):
        from jupyter_client.manager import KernelManager

        self.started = time.perf_counter()
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel(stderr=subprocess.DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()

    @property
    def pid(self):
        return self.manager.provisioner.process.pid

    def run(self, code, timeout=120):
        """Seconds until both the reply and the idle of a cell are there, and what came on iopub."""
        started = time.perf_counter()
        message_id = self.client.execute(code)
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            messages.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        reply = self.reply(message_id, timeout)
        assert reply["status"] == "ok", (code[:80], reply)
        return time.perf_counter() - started, messages

    def reply(self, message_id, timeout=120):
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message_id:
                return reply["content"]

    def complete(self, code):
        started = time.perf_counter()
        content = self.reply(self.client.complete(code, len(code)))
        assert any(match.endswith("floor") for match in content["matches"]), content["matches"][:5]
        return time.perf_counter() - started

    def memory(self):
        """Resident memory of the kernel and its child processes, in MB."""
        return sum(resident(pid) for pid in [self.pid, *descendants(self.pid)])

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def children_of(task):
    try:
        return [int(child) for child in (task / "children").read_text().split()]
    except FileNotFoundError:  # a thread that has just ended
        return []


def descendants(pid):
    children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in children_of(task)]
    return [one for child in children for one in [child, *descendants(child)]]


def lines_before_idle(messages):
    text = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
    return sum(line.startswith("line ") for line in text.split("\n"))


def measure(name, cells):
    kernel = Kernel(name)
    try:
        kernel.reply(kernel.client.execute(cells["trivial"]))
        first = time.perf_counter() - kernel.started
        kernel.client.wait_for_ready(timeout=60)
        memory = kernel.memory()
        trivial = [kernel.run(cells["trivial"])[0] for _ in range(30)][5:]
        imports = [kernel.run(cells["import"])[0] for _ in range(6)][1:]
        kernel.run(cells["prepare"])
        completions = [kernel.complete(cells["complete"]) for _ in range(40)]
        lines, messages = kernel.run(cells["lines"])
        updates, _ = kernel.run(cells["updates"])
        return {
            "first result s": first,
            "trivial cell ms": 1000 * statistics.median(trivial),
            "cell with import ms": 1000 * statistics.median(imports),
            "completion p50 ms": 1000 * statistics.median(completions[1:]),
            "completion p95 ms": 1000 * sorted(completions)[int(0.95 * len(completions))],
            f"{LINES} lines s": lines,
            "lines before idle": lines_before_idle(messages),
            f"{UPDATES} display updates s": updates,
            "memory after first result MB": memory,
            "memory at the end MB": kernel.memory(),
        }
    finally:
        kernel.stop()


def starts(specs, count):
    """The first result of fresh kernels alone, in turns, so that what else the machine does falls on all of them."""
    rows = {kind: [] for kind in specs}
    for turn in range(count + 1):
        for kind, name in specs.items():
            kernel = Kernel(name)
            try:
                kernel.reply(kernel.client.execute(CELLS[kind]["trivial"]))
                seconds = time.perf_counter() - kernel.started
                processor = sum(processor_time(pid) for pid in [kernel.pid, *descendants(kernel.pid)])
            finally:
                kernel.stop()
            # The first ones read their files from disk.
            if turn > 0:
                rows[kind].append((seconds, processor))
    for kind, measured in rows.items():
        wall, processor = (sorted(values) for values in zip(*measured))
        quartiles = f"{wall[count // 4]:.3f} to {wall[3 * count // 4]:.3f}"
        print(f"{kind}: first result {statistics.median(wall):.3f} s (quartiles {quartiles}), processor time {statistics.median(processor):.3f} s")
    if "ipykernel" in rows:
        for kind in rows:
            ratio = statistics.median(ours[0] / other[0] for ours, other in zip(rows[kind], rows["ipykernel"]))
            print(f"{kind}: {ratio:.2f}x ipykernel (median of {count} pairs)")


def processor_time(pid):
    """Of all threads of a process, also of those that have ended, in seconds; the number of a process's clock is made as the C library makes it."""
    return time.clock_gettime((~pid << 3) | 2)


def compare(specs, rounds):
    results = {kind: [] for kind in specs}
    for turn in range(rounds):
        for kind, name in specs.items():
            results[kind].append(measure(name, CELLS[kind]))
            print(f"round {turn + 1} {kind}: {json.dumps(results[kind][-1])}", file=sys.stderr, flush=True)
    rows = next(iter(results.values()))[0]
    print(f"| | {' | '.join(results)} |\n| --- |{' ---: |' * len(results)}")
    for row in rows:
        medians = [statistics.median(result[row] for result in results[kind]) for kind in results]
        print(f"| {row} | {' | '.join(shown(value) for value in medians)} |")


def shown(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def session(name, count):
    kernel = Kernel(name)
    kernel.client.wait_for_ready(timeout=60)
    times, memory = [], {}
    for number in range(1, count + 1):
        seconds, _ = kernel.run(f"const value{number % 50}: number = {number}; function f{number % 50}() {{ return value{number % 50} }}; f{number % 50}()")
        times.append(1000 * seconds)
        if number in (20, count // 2, count):
            memory[number] = round(kernel.memory())
    early, late = statistics.median(times[14:26]), statistics.median(times[-12:])
    kernel.stop()
    print(f"{count} cells: around the 20th {early:.1f} ms, the last {late:.1f} ms ({late / early:.2f}×); memory in MB after so many cells: {memory}")


def restarts(name, count, folder):
    kernel = Kernel(name)
    kernel.client.wait_for_ready(timeout=60)
    pids, ports = [], kernel.manager.get_connection_info()
    before = left_files(folder)
    for _ in range(count):
        pids.append(kernel.pid)
        kernel.manager.restart_kernel(now=False, stderr=subprocess.DEVNULL)
        kernel.client.wait_for_ready(timeout=60)
        _, messages = kernel.run("1 + 1")
        assert any(m["msg_type"] == "execute_result" for m in messages)
    assert kernel.manager.get_connection_info() == ports
    assert len(set(pids)) == count
    alive = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    new = left_files(folder) - before
    kernel.stop()
    taken = [name for name, port in ports.items() if name.endswith("_port") and not is_free(port)]
    print(f"{count} restarts on the same ports; left: processes {alive}, ports {taken}, files beside history {sorted(new)}")
    assert not alive and not taken and not new


def is_free(port):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def left_files(folder):
    private = Path(tempfile.gettempdir()) / f"mindformers-lab-{os.getuid()}"
    places = [private, folder / "runtime", folder / "data"]
    return {str(file) for place in places if place.exists() for file in place.rglob("*") if file.is_file() and "history" not in file.parts}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="ours,ipykernel,deno")
    parser.add_argument("--deno", default=os.environ.get("DENO"))
    parser.add_argument("--session", type=int)
    parser.add_argument("--restarts", type=int)
    parser.add_argument("--starts", type=int)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kernel-bench-"))
    try:
        specs = write_kernelspecs(folder, options.deno)
        os.chdir(folder)
        chosen = {kind: specs[kind] for kind in options.only.split(",") if kind in specs}
        if options.session:
            session(specs["ours"], options.session)
        elif options.restarts:
            restarts(specs["ours"], options.restarts, folder)
        elif options.starts:
            starts(chosen, options.starts)
        else:
            compare(chosen, options.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
