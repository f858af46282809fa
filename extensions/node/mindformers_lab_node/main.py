"""Actions of the node program: `serve FOLDER NODE`, `keep FOLDER NODE`, `keep FOLDER NODE REQUEST_FILE`."""

import json
import os
import sys

from .attempt import NodePlace, keep
from .server import serve


def main(words):
    """`serve` answers on standard input and output; `keep` stays with one attempt, whose request comes from a file or a line of input."""
    action, folder, node, *rest = words
    if action == "serve":
        serve(folder, int(node))
    elif action == "keep" and rest:
        with open(rest[0], encoding="utf-8") as file:
            keep(NodePlace(folder, int(node)), json.load(file), lambda answer: None)
    elif action == "keep":
        keep(NodePlace(folder, int(node)), json.loads(sys.stdin.buffer.readline()), _tell)
    else:
        raise SystemExit(f"unknown action {action}: serve or keep")


def _tell(answer):
    """One line for whoever started this process, which then lets go of it."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
