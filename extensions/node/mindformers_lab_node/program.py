"""How this program starts itself again, as a process of its own."""

import os
import subprocess
import sys

BOOT = "import sys;P=sys.stdin.buffer.read(int(sys.stdin.buffer.readline()));exec(P)"

own_bytes = b""
"""The program as one script, if it came over a connection or from one file; empty if it was imported from its folder."""


def start_again(words):
    """A detached process that runs `words`; its standard input is ready for what it is to read."""
    boot = ["-c", BOOT] if own_bytes else ["-m", "mindformers_lab_node"]
    process = subprocess.Popen(
        [sys.executable, *boot, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, **({} if own_bytes else {"PYTHONPATH": os.path.dirname(os.path.dirname(__file__))})},
    )
    if own_bytes:
        process.stdin.write(b"%d\n" % len(own_bytes) + own_bytes)
    return process
