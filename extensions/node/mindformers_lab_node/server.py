"""Answers the launching machine: JSON lines in, JSON lines out, each answer under the number of its question.

Every line out begins with the record separator U+001E, so that text which a setup script prints is not taken for an answer.
Questions are answered in threads of their own. The asker limits how many it has open, and reads logs in portions that it asks for.
"""

import json
import os
import queue
import socket
import sys
import threading
import time

from . import PROTOCOL
from .attempt import NodePlace, Refusal, end_all, require_obeyed, start, state_of
from .busy import Busy
from .facts import free_port, preflight_facts
from .lease import Beat, lease_of, release, reserve, take
from .metrics import metrics
from .node_files import Place, file_hash, follow, list_files, look, put_range, read_range, write_at, write_whole
from .process_table import boot_id, send_signal
from .search import search_logs
from .stacks import stack_of
from .lay_out import lay_out_checkpoint

SILENCE_SECONDS = 60
SIGN_SECONDS = 2
STATE_SECONDS = 0.2
LONGEST_WAIT = 10


class Server:
    """Serves one connection about one run on one node."""

    def __init__(self, folder, node, streams):
        self.place = NodePlace(folder, node)
        self.files = Place(folder)
        self.input, self.output = streams
        self.writing = threading.Lock()
        self.heard = time.monotonic()
        self.questions = queue.SimpleQueue()
        self.idle = 0
        self.beat = Beat(self.place)
        self.busy = Busy(self.place.processes)
        self.counting = threading.Lock()

    def say(self, value):
        line = b"\x1e" + json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogateescape") + b"\n"
        with self.writing:
            self.output.write(line)
            self.output.flush()

    def run(self):
        """Serves until the connection ends, or is silent for SILENCE_SECONDS."""
        self.say({"hello": hello(self.place)})
        for work in (self._watch, self._signs):
            threading.Thread(target=self._until_broken, args=(work,), daemon=True).start()
        for line in self.input:
            self.heard = time.monotonic()
            if line.strip():
                self._ask(json.loads(line))

    def _until_broken(self, work):
        try:
            work()
        except (OSError, ValueError):
            os._exit(0)  # nobody reads any more

    def _ask(self, question):
        self.questions.put(question)
        with self.counting:
            if self.idle > 0:
                self.idle -= 1
                return
        threading.Thread(target=self._until_broken, args=(self._work,), daemon=True).start()

    def _work(self):
        while True:
            self._answer(self.questions.get())
            with self.counting:
                self.idle += 1

    def _answer(self, question):
        number = question.get("id")
        try:
            result = self._result(question["method"], question.get("params", {}), question.get("as") or {})
            self.say({"id": number, "result": result})
        except Refusal as refusal:
            error = {"code": refusal.code, "message": str(refusal), "details": refusal.details}
            self.say({"id": number, "error": error})
        except OSError as error:
            self.say({"id": number, "error": {"code": "NODE_FILE", "message": str(error)}})
        except Exception as error:  # noqa: BLE001 - one bad question must not end the connection
            self.say({"id": number, "error": {"code": "NODE_ERROR", "message": f"{type(error).__name__}: {error}"}})

    def _result(self, method, params, who):
        self.beat.heard(who.get("supervisor"))
        if method == "start":
            return start(self.place, {**params, "as": who.get("supervisor")})
        if method in ACTIONS:
            require_obeyed(self.place, who)
        return METHODS[method](self, **params)

    def _watch(self):
        """Reports changes of the attempt's state as they happen."""
        last = None
        while True:
            state = state_of(self.place)
            if state != last:
                last = state
                self.say({"state": state})
            time.sleep(STATE_SECONDS)

    def _signs(self):
        while time.monotonic() < self.heard + SILENCE_SECONDS:
            time.sleep(SIGN_SECONDS)
            self.say({"sign": time.time() * 1000})
        os._exit(0)

    def signal(self, target, number):
        wanted = [process for process in self.place.processes() if _fits(process, target)]
        return sum(send_signal(process, number) for process in wanted)


def hello(place):
    return {
        "protocol": PROTOCOL,
        "host": socket.gethostname(),
        "boot": boot_id(),
        "time": time.time() * 1000,
        "pid": os.getpid(),
        "python": sys.version.split()[0],
        "user": os.environ.get("USER") or str(os.getuid()),
        "state": state_of(place),
    }


def _fits(process, target):
    if target == "engine":
        return True
    if isinstance(target, str):
        return process["role"] == target
    if "rank" in target:
        return process.get("rank") == target["rank"]
    return all(process[key] == target[key] for key in ("pid", "startTicks", "place"))


ACTIONS = {"signal", "end", "write", "writeAt", "remove", "layOut"}

METHODS = {
    "ping": lambda server: time.time() * 1000,
    "state": lambda server: state_of(server.place),
    "processes": lambda server: server.place.processes(),
    "signal": lambda server, target, number: server.signal(target, number),
    "end": lambda server, grace: end_all(server.place, grace),
    "read": lambda server, path, offset, length: read_range(server.files, path, offset, length),
    "write": lambda server, path, text: write_whole(server.files.path(path), text.encode()),
    "put": lambda server, path, offset, data, last: put_range(server.files, path, offset, data, last),
    "remove": lambda server, path: os.unlink(server.files.path(path)),
    "writeAt": lambda server, path, offset, data: write_at(server.files, path, offset, data),
    "lease": lambda server: lease_of(server.place),
    "take": lambda server, **request: take(server.place, **request),
    "reserve": lambda server, run, fingerprint, origin: reserve(server.place, run, fingerprint, origin),
    "release": lambda server, run: release(server.place, run),
    "list": lambda server, pattern: list_files(server.files, pattern),
    "look": lambda server, path: look(server.files, path),
    "hash": lambda server, paths, largest: [file_hash(server.files.path(path), largest) for path in paths],
    "follow": lambda server, patterns, offsets, wait: follow(
        server.files, patterns, offsets, min(wait, LONGEST_WAIT)
    ),
    "search": lambda server, **question: search_logs(server.files, question),
    "stack": lambda server, rank: stack_of(server.place, rank),
    "metrics": lambda server: metrics(server.place),
    "busy": lambda server: server.busy.looks(),
    "freePort": lambda server, start: free_port(start),
    "facts": lambda server, **question: preflight_facts(server.place, question),
    "layOut": lambda server, **request: lay_out_checkpoint(server.files, request),
}


def serve(folder, node):
    """Serves on standard input and output; what the program itself prints goes to standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Server(folder, node, (sys.stdin.buffer, output)).run()
