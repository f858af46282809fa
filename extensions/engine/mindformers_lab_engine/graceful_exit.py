"""A way to ask a run to stop: a file that all workers look at before every step (MindSpore's OnRequestExit).

The environment variable MF_LAB_CONTROL names the file; whoever starts the run sets it. The answer to {"GracefulExit": 1} is:
the step is finished, a checkpoint is saved, all workers end with exit code 0.
"""

import contextlib
import json
import os
import tempfile
from typing import Any

VARIABLE = "MF_LAB_CONTROL"
CALLBACK = "OnRequestExit"


def enable_graceful_exit(config: Any, control: str | None) -> str | None:
    """Add the callback to the configuration in memory. Returns a line for the log, None if nothing was asked for."""
    if not control or config.run_mode not in ("train", "finetune"):
        return None
    callbacks = list(config.callbacks or [])
    own = next((entry for entry in callbacks if entry.get("type") == CALLBACK), None)
    if own is not None:
        config.use_graceful_exit = True
        return f"graceful exit: the configuration's own {CALLBACK} stays, control file {own.get('config_file')}; {VARIABLE} is not used"
    monitored = any(entry.get("type") == "CheckpointMonitor" for entry in callbacks)
    callbacks.append(_callback(control, config.output_dir, not monitored))
    config.callbacks = callbacks
    config.use_graceful_exit = True
    create_control_file(control)
    return f'graceful exit: write {{"GracefulExit": 1}} to {control} to finish the step, save a checkpoint and end'


def _callback(control: str, output: str, save: bool) -> dict[str, Any]:
    """CheckpointMonitor saves at the end of every training, also one that is asked to stop, in its own layout, from which a
    run resumes. Only without it OnRequestExit itself must save (`<output>/checkpoint/rank_N/graceful_exit_train.ckpt`)."""
    return {
        "type": CALLBACK,
        "save_ckpt": save,
        "save_mindir": False,
        "file_name": "graceful_exit",
        "directory": os.path.join(output, "checkpoint"),
        "config_file": control,
    }


def create_control_file(path: str) -> None:
    """{"GracefulExit": 0} if there is no such file yet. All workers do this at once, and a request that is already there must
    survive: a complete file appears under the name, or nothing."""
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".graceful_exit")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"GracefulExit": 0}, file)
    os.chmod(temporary, 0o644)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    os.unlink(temporary)
