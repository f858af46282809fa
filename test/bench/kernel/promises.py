"""What the kernel promises about time, each as the median of several rounds, on an idle machine.

    .venv/bin/python test/bench/kernel/promises.py [--rounds 7]

Ends with 1 if a median is above its promise. Tests of the same behavior (test/wire) do not look at the clock.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import Kernel, write_kernelspecs

LOOP = "while (true) {}"
AWAIT = "await new Promise(() => {})"
CHILD = 'process.getBuiltinModule("node:child_process").execSync("sleep 60")'


def timed(work):
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def start_cell(kernel, code):
    message_id = kernel.client.execute(code)
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") == message_id and message["msg_type"] == "execute_input":
            return message_id


def interrupt(kernel, code):
    message_id = start_cell(kernel, code)

    def stop():
        kernel.manager.interrupt_kernel()
        reply = kernel.reply(message_id)
        assert reply["ename"] == "KeyboardInterrupt", reply

    return timed(stop)


def info_while_blocked(kernel):
    message_id = start_cell(kernel, LOOP)
    milliseconds = timed(lambda: kernel.reply(kernel.client.kernel_info()))
    kernel.manager.interrupt_kernel()
    kernel.reply(message_id)
    return milliseconds


def trivial(kernel):
    return timed(lambda: kernel.run("1 + 1"))


def shutdown(kernel):
    other = Kernel(kernel.manager.kernel_name)
    other.run("0")

    def end():
        other.client.shutdown()
        other.manager.provisioner.process.wait()

    milliseconds = timed(end)
    other.client.stop_channels()
    return milliseconds


PROMISES = [
    ("kernel_info while a cell blocks", 100, info_while_blocked),
    ("interrupt of a loop", 300, lambda kernel: interrupt(kernel, LOOP)),
    ("interrupt of an await", 300, lambda kernel: interrupt(kernel, AWAIT)),
    ("interrupt of a child process", 1000, lambda kernel: interrupt(kernel, CHILD)),
    ("a trivial cell", 120, trivial),
    ("shutdown", 300, shutdown),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    broken = []
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(write_kernelspecs(Path(folder), None)["ours"])
        kernel.run("0")
        for what, limit, measure in PROMISES:
            median = statistics.median(measure(kernel) for _ in range(rounds))
            print(f"{what}: {median:.0f} ms (promised: {limit} ms)")
            if median > limit:
                broken.append(what)
        kernel.stop()
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
