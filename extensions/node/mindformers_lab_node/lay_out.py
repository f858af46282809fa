"""Lays out one checkpoint the way MindFormers looks for one, from the files that this node holds."""

import json
import os
import re

from .node_files import write_whole

NAME = re.compile(r"-(\d+)_(\d+)\.safetensors$")


def lay_out_checkpoint(files, request):
    """Links `source/rank_<r>/<name>` into `target/rank_<r>` for every rank and writes its meta.json; the ranks that are missing here."""
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


def _link(source, target):
    if os.path.exists(target):
        return
    try:
        os.link(source, target)
    except OSError:
        os.symlink(source, target)
