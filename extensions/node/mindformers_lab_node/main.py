"""Actions of the node program: `serve FOLDER NODE`, `keep FOLDER NODE`, `task FOLDER REQUESTS`."""

import json
import os
import sys

from .attempt import NodePlace, end_older, keep
from .lease import locked
from .server import serve


def main(words):
    """`serve` answers on standard input and output. `keep` stays with one attempt, whose request is a line of input. `task` does the
    same as a task of a Slurm job, with the request from `REQUESTS/node-<number of the node>.json`, and ends as msrun does."""
    action, folder, last = words
    if action == "serve":
        serve(folder, int(last))
    elif action == "keep":
        keep(NodePlace(folder, int(last)), json.loads(sys.stdin.buffer.readline()), _tell)
    elif action == "task":
        sys.exit(_task(folder, last))
    else:
        raise SystemExit(f"unknown action {action}: serve, keep, or task")


def _task(folder, requests):
    node = int(os.environ["SLURM_NODEID"])
    with open(os.path.join(requests, f"node-{node}.json"), encoding="utf-8") as file:
        request = json.load(file)
    master = os.environ["MASTER_ADDR"]
    request["argv"] = [word.replace("=MASTER_ADDR", f"={master}") for word in request["argv"]]
    variables = request.get("environment", {})
    if variables.get("MS_TFT_IP") == "MASTER_ADDR":
        variables["MS_TFT_IP"] = master
    place = NodePlace(folder, node)
    with locked(place):
        end_older(place, request["attempt"])
    code = keep(place, request, lambda answer: "code" in answer and print(answer["message"]))
    return 1 if code is None or code < 0 else code


def _tell(answer):
    """One line for whoever started this process, which then lets go of it."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
