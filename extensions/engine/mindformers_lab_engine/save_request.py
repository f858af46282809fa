"""A way to ask a run for a checkpoint at once: a file beside the one for a graceful exit, which all workers look at after every step.

The request {"id": "…", "step": 120} names a global step that no rank has reached. All ranks must save at the same step, else the
checkpoint is incomplete, and in the 1.9 layout, where the ranks wait for each other, the training would hang. So a rank first notes
that it has seen the request before that step, and at that step it saves only if all ranks have noted so. No rank can be done with a
step before every rank has begun it: at that step all ranks see the same notes and decide alike. Rank 0 writes the answer.
"""

import contextlib
import json
import os
import tempfile
from typing import Any

REQUEST = "save.json"
ANSWER = "save-answer.json"
NOTES = "save-notes"
# Of another start of the engine, the notes say nothing.
ATTEMPT = "MF_LAB_ATTEMPT"


class SaveRequests:
    """The requests as one rank sees them."""

    def __init__(self, folder: str, rank: int, ranks: int) -> None:
        self.folder, self.rank, self.ranks = folder, rank, ranks
        self._stamp: tuple[int, int] | None = None
        self._request: dict[str, Any] | None = None

    def due(self, step: int) -> bool:
        """True if every rank saves a checkpoint of this global step now. Called once after each step."""
        request = self._pending()
        if request is None:
            return False
        notes = os.path.join(self.folder, NOTES, f"{request['id']}-{os.environ.get(ATTEMPT, '1')}")
        if step < request["step"]:
            if not request["noted"]:
                os.makedirs(notes, exist_ok=True)
                write_whole(os.path.join(notes, f"rank_{self.rank}"), str(step))
                request["noted"] = True
            return False
        self._request = None
        noted = len([name for name in _names(notes) if name.startswith("rank_")])
        saves = noted == self.ranks
        if self.rank == 0:
            answer = {"id": request["id"], "step": step, "saves": saves, "noted": noted, "ranks": self.ranks}
            write_whole(os.path.join(self.folder, ANSWER), json.dumps(answer))
        return saves

    def _pending(self) -> dict[str, Any] | None:
        path = os.path.join(self.folder, REQUEST)
        try:
            found = os.stat(path)
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp == self._stamp:
                return self._request
            with open(path, encoding="utf-8") as file:
                value = json.load(file)
            self._request = {"id": str(int(value["id"])), "step": int(value["step"]), "noted": False}
        except (OSError, ValueError, KeyError, TypeError):
            return self._request
        self._stamp = stamp
        return self._request


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def write_whole(path: str, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def enable_save_requests(control: str | None, config: Any) -> str | None:
    """Makes CheckpointMonitor look for requests beside the file `control`. Returns a line for the log, None if nothing was asked for."""
    if not control or config.run_mode not in ("train", "finetune"):
        return None
    if not any(entry.get("type") == "CheckpointMonitor" for entry in config.callbacks or []):
        return None
    from mindformers.core.callback.callback import CheckpointMonitor
    from mindformers.tools.utils import get_real_group_size, get_real_rank

    folder = os.path.dirname(os.path.abspath(control))
    install(CheckpointMonitor, lambda: SaveRequests(folder, get_real_rank(), get_real_group_size()))
    return f"checkpoints on request: {os.path.join(folder, REQUEST)}"


def install(monitor: Any, requests: Any) -> None:
    """The saves by interval stay where they are: a requested one does not move them."""
    check = monitor._check_save_ckpt

    def check_save(self: Any, cb_params: Any, force_to_save: bool) -> bool:
        state = self.__dict__.setdefault("_lab_saves", {"requests": requests(), "step": None, "scheduled": 0})
        last = self._last_triggered_step
        if last == state["step"]:
            self._last_triggered_step = state["scheduled"]
        scheduled = self._last_triggered_step
        try:
            by_interval = check(self, cb_params, force_to_save)
        finally:
            self._last_triggered_step = last
        asked = state["requests"].due(self._append_step_num + cb_params.cur_step_num)
        if asked and not by_interval:
            state["step"], state["scheduled"] = cb_params.cur_step_num, scheduled
        return by_interval or asked

    monitor._check_save_ckpt = check_save
