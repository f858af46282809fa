"""One start of the engine on this node. A keeper process starts it, waits for its end, and writes both down.

    <run folder>/nodes/node-<m>/state.json     newest attempt: keeper, launcher, end
    <run folder>/events/node-<m>.jsonl         journal, one JSON object a line, only appended
    <run folder>/logs/attempt-<n>/node-<m>/    msrun.log (its output), what msrun writes itself
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time

from .lease import locked, obeyed
from .node_files import read_json, write_if_changed, write_whole
from .process_table import ATTEMPT, CONTROL, NODE, RUN, STACKS, identity, is_running, kill_all, run_processes
from .program import start_again

KILL_SECONDS = 10
RETRY_SECONDS = 1


class Refusal(Exception):
    """A request that can't be met, with a code for the launching machine."""

    def __init__(self, code, message, details=None):
        super().__init__(message)
        self.code = code
        self.details = details or {}


class NodePlace:
    """Where a node keeps what it knows of a run."""

    def __init__(self, folder, node):
        self.folder = folder
        self.node = node
        self.own = os.path.join(folder, "nodes", f"node-{node}")
        self.supervisor = os.path.join(self.own, "supervisor.json")
        self.state = os.path.join(self.own, "state.json")
        self.stacks = os.path.join(folder, "control", "stacks")
        self.journal = os.path.join(folder, "events", f"node-{node}.jsonl")

    def logs(self, attempt):
        return os.path.join(self.folder, "logs", f"attempt-{attempt}", f"node-{self.node}")

    def processes(self):
        launcher = (read_json(self.state) or {}).get("launcher")
        return run_processes(self.folder, self.node, launcher)


def note(place, event):
    """Appends to the journal; what a full disk keeps out is lost there, the state file has the end all the same."""
    line = json.dumps({"time": time.time() * 1000, "node": place.node, **event}, ensure_ascii=False)
    try:
        os.makedirs(os.path.dirname(place.journal), exist_ok=True)
        with open(place.journal, "ab") as file:
            if file.tell() > 0 and not _ends_with_newline(place.journal):
                file.write(b"\n")
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    return True


def _ends_with_newline(path):
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def start(place, request):
    """Starts an attempt detached and returns its state; the same attempt again returns what is there."""
    with locked(place):
        known = read_json(place.state) or {}
        _refuse_foreign(place, known, request)
        obey(place, request)
        if known.get("attempt") == request["attempt"]:
            return {**known, "started": False}
        end_older(place, request["attempt"])
        for file in request["files"]:
            write_if_changed(os.path.join(place.folder, file["path"]), file["text"].encode())
        return {**_launch(place, request), "started": True}


def obey(place, request):
    """From now on only this supervisor may act on the node: one that it has replaced is refused, also if it thaws later."""
    supervisor = request.get("as")
    if supervisor is not None and supervisor != obeyed(place):
        write_whole(place.supervisor, json.dumps({"supervisor": supervisor, "from": request.get("from")}).encode())


def require_obeyed(place, who):
    """Refuses to act for a supervisor that was replaced, and for another run than the one that has this folder."""
    owner = (read_json(place.state) or {}).get("run")
    if owner is not None and who.get("run") not in (None, owner):
        raise Refusal("NODE_BUSY", f"folder {place.folder} belongs to another run", {"run": owner})
    newest = obeyed(place)
    if who.get("supervisor") is not None and newest not in (None, who["supervisor"]):
        raise Refusal("NODE_FENCED", "another supervisor has taken over this run")


def _refuse_foreign(place, known, request):
    if not known:
        return
    mine = known.get("run") == request["run"]
    if mine and known["attempt"] <= request["attempt"]:
        return
    alive = len(place.processes())
    what = f"attempt {known['attempt']}" if mine else f"another run (launched from {known.get('from')})"
    raise Refusal(
        "NODE_BUSY",
        f"folder {place.folder}: expected none or an older attempt of this run, found {what}, {alive} processes alive",
        {"run": known.get("run"), "attempt": known["attempt"], "processes": alive, "from": known.get("from")},
    )


def end_older(place, attempt):
    """Ends what earlier attempts left on this node."""
    def older():
        return [process for process in place.processes() if process.get("attempt", 0) < attempt]

    found = older()
    left = kill_all(older, KILL_SECONDS)
    if left:
        pids = ", ".join(str(process["pid"]) for process in left)
        raise Refusal("NODE_BUSY", f"processes of an earlier attempt survive SIGKILL: {pids}", {"pids": pids})
    if found:
        note(place, {"kind": "fenced", "attempt": attempt, "ended": [process["pid"] for process in found]})


def _launch(place, request):
    """Starts the keeper and waits for what it has to say about the start."""
    keeper = start_again(["keep", place.folder, str(place.node)])
    keeper.stdin.write(json.dumps({**request, "files": []}).encode() + b"\n")
    keeper.stdin.close()
    answer = json.loads(keeper.stdout.readline() or b'{"code":"NODE_START_FAILED","message":"the keeper ended at once"}')
    keeper.stdout.close()
    threading.Thread(target=keeper.wait, daemon=True).start()
    if "code" in answer:
        raise Refusal(answer["code"], answer["message"])
    return answer


def environment_of(place, request):
    """The launch's environment. Traces of the connection are left out: bash would read a user's .bashrc because of them."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("SSH_")}
    asked = dict(request["environment"])
    if "PATH" not in asked and os.path.isabs(request["argv"][0]):
        asked["PATH"] = os.pathsep.join(filter(None, (os.path.dirname(request["argv"][0]), own.get("PATH"))))
    marks = {RUN: place.folder, NODE: str(place.node), ATTEMPT: str(request["attempt"])}
    paths = {STACKS: place.stacks, CONTROL: os.path.join(place.folder, "control", "graceful_exit.json")}
    return {**own, **asked, **marks, **paths}


def keep(place, request, tell):
    """Starts the engine in a process group of its own, stays until nothing of it is left, and records start and end.
    Returns how the engine ended, as subprocess gives it; None if it did not start."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    attempt = request["attempt"]
    os.makedirs(place.logs(attempt), exist_ok=True)
    try:
        launcher = _popen(place, request)
    except OSError as error:
        program = request["argv"][0]
        tell({"code": "NODE_START_FAILED", "message": f"program {program}: could not be started: {error.strerror}"})
        return None
    state = {
        "run": request["run"],
        "from": request.get("from"),
        "attempt": attempt,
        "keeper": identity(os.getpid()),
        "launcher": identity(launcher.pid) or {"pid": launcher.pid, "startTicks": 0, "host": "", "place": ""},
    }
    _write_state(place, state)
    note(place, {"kind": "started", "attempt": attempt, "launcher": state["launcher"]})
    tell(state)
    code = launcher.wait()
    end = {"attempt": attempt, "time": time.time() * 1000, **end_of(code)}
    _write_state(place, {**state, "end": end})
    note(place, {"kind": "ended", **end})
    kill_all(lambda: [one for one in place.processes() if one.get("attempt") == attempt], KILL_SECONDS)
    return code


def _popen(place, request):
    with open(os.path.join(place.logs(request["attempt"]), "msrun.log"), "ab") as output:
        return subprocess.Popen(
            request["argv"],
            env=environment_of(place, request),
            cwd=place.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _write_state(place, state):
    """The end must reach the disk: a full one is tried again until there is room."""
    while True:
        try:
            write_whole(place.state, json.dumps(state).encode())
            return
        except OSError:
            if "end" not in state:
                raise
            time.sleep(RETRY_SECONDS)


def end_of(code):
    """How a child ended, from the number that subprocess gives: negative numbers are signals."""
    if code >= 0:
        return {"exitCode": code}
    try:
        return {"signal": signal.Signals(-code).name}
    except ValueError:
        return {"signal": f"signal {-code}"}


def state_of(place):
    """What is known of the newest attempt. A keeper that vanished without an end is an end as well."""
    state = read_json(place.state)
    if state is None or "end" in state or is_running(state.get("keeper")) or is_running(state.get("launcher")):
        return state
    newest = read_json(place.state) or state
    if "end" in newest:
        return newest
    return {**newest, "end": {"attempt": newest["attempt"], "time": time.time() * 1000, "vanished": True}}


def end_all(place, grace):
    """SIGINT to the launcher, which is all that msrun handles; SIGKILL to what is left after `grace` seconds. The survivors."""
    deadline = time.monotonic() + grace
    for process in place.processes():
        if process["role"] == "launcher" and grace > 0:
            with contextlib.suppress(OSError):
                os.kill(process["pid"], signal.SIGINT)
    while place.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    return kill_all(place.processes, KILL_SECONDS)
