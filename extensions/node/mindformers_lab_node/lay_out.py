"""Lays out one checkpoint the way MindFormers looks for one, from the files that this node holds."""

import contextlib
import json
import os
import re

from .node_files import write_whole

NAME = re.compile(r"-(\d+)_(\d+)\.safetensors$")
# Beside the tensors of an iteration; one rank alone writes no metadata.json.
NOTES = ("common.json", "metadata.json")


def lay_out_checkpoint(files, request):
    """Links `source/rank_<r>/<name>` into `target/rank_<r>` for every rank and writes its meta.json; the ranks that are missing here."""
    if "iteration" in request:
        return _lay_out_iteration(files, request)
    missing = []
    for entry in request["ranks"]:
        source = files.path(os.path.join(request["source"], f"rank_{entry['rank']}", entry["name"]))
        target = files.path(os.path.join(request["target"], f"rank_{entry['rank']}"))
        position = NAME.search(entry["name"])
        if position is None or not os.path.isfile(source):
            missing.append(entry["rank"])
            continue
        os.makedirs(target, exist_ok=True)
        _link(source, os.path.join(target, entry["name"]))
        meta = {"last_epoch": int(position[1]), "last_step": int(position[2]), "last_ckpt_file": entry["name"]}
        write_whole(os.path.join(target, "meta.json"), json.dumps(meta).encode())
    return missing


def _lay_out_iteration(files, request):
    """Links all files of `source` into `target/<iteration>` and writes the tracker that names it."""
    target = files.path(os.path.join(request["target"], request["iteration"]))
    os.makedirs(target, exist_ok=True)
    missing = []
    for entry in request["ranks"]:
        source = files.path(os.path.join(request["source"], entry["name"]))
        if os.path.isfile(source):
            _link(source, os.path.join(target, entry["name"]))
        else:
            missing.append(entry["rank"])
    for name in NOTES:
        source = files.path(os.path.join(request["source"], name))
        if os.path.isfile(source):
            _link(source, os.path.join(target, name))
    tracker = files.path(os.path.join(request["target"], "latest_checkpointed_iteration.txt"))
    write_whole(tracker, str(request["step"]).encode())
    return missing


def _link(source, target):
    """Nodes with shared storage lay out the same files at the same time."""
    if os.path.exists(target):
        return
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        with contextlib.suppress(FileExistsError):
            os.symlink(source, target)
