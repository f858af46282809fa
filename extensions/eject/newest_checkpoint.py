"""Prints the options that resume an ejected training from its newest checkpoint that is complete on every rank.

`newest_checkpoint.py CHECKPOINTS RESUME WORKERS`, standard library only. It links that checkpoint into `RESUME/step-<n>`, so that
MindFormers finds it and no other. Every node of a job calls it: with the same files all choose the same checkpoint. It prints
one word a line, and nothing if there is no complete checkpoint.
"""

import contextlib
import json
import os
import re
import struct
import sys

NAME = re.compile(r"-(\d+)_(\d+)\.safetensors$")
TRACKER = "latest_checkpointed_iteration.txt"


INTEGERS = {"I64": "<q", "I32": "<i", "I16": "<h", "I8": "<b", "U8": "<B"}


def step_of(path):
    """The global step that a file was saved at, or None if the file has not exactly the bytes that its header announces."""
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            size = os.fstat(file.fileno()).st_size
            if not 0 < length <= size - 8:
                return None
            header = json.loads(file.read(length))
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
            if size != 8 + length + max((entry["data_offsets"][1] for entry in entries.values()), default=0):
                return None
            # Names count from the last start in some cases; the file itself knows the step.
            entry = next((entries[name] for name in ("global_step", "step_num") if name in entries), None)
            if entry is None or entry["dtype"] not in INTEGERS:
                return int(NAME.search(path)[2])
            file.seek(8 + length + entry["data_offsets"][0])
            code = INTEGERS[entry["dtype"]]
            return struct.unpack(code, file.read(struct.calcsize(code)))[0]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error):
        return None


def files_of(folder):
    """The newest file of every step in the folder of a rank."""
    try:
        names = sorted(name for name in os.listdir(folder) if NAME.search(name))
    except FileNotFoundError:
        return {}
    found = {}
    for name in names:
        path = os.path.join(folder, name)
        step = step_of(path)
        if step is None:
            print(f"resume: skips {path}: damaged", file=sys.stderr)
        elif step not in found or os.stat(path).st_mtime_ns >= os.stat(found[step]).st_mtime_ns:
            found[step] = path
    return found


def newest_complete(checkpoints, workers):
    """(step, the file of each rank), or None."""
    ranks = [files_of(os.path.join(checkpoints, f"rank_{rank}")) for rank in range(workers)]
    common = set.intersection(*(set(rank) for rank in ranks))
    return (max(common), [rank[max(common)] for rank in ranks]) if common else None


def lay_out(step, paths, resume):
    """Links the files into a folder that holds nothing else, with the meta.json that MindFormers reads."""
    target = os.path.join(resume, f"step-{step}")
    for rank, path in enumerate(paths):
        folder = os.path.join(target, f"rank_{rank}")
        os.makedirs(folder, exist_ok=True)
        name = os.path.basename(path)
        for other in os.listdir(folder):
            if NAME.search(other) and other != name:
                # An earlier start resumed from another file of this step.
                remove(os.path.join(folder, other))
        place(os.path.join(folder, name), lambda temporary, path=path: link(path, temporary))
        position = NAME.search(name)
        meta = {"last_epoch": int(position[1]), "last_step": int(position[2]), "last_ckpt_file": name}
        place(os.path.join(folder, "meta.json"), lambda temporary, meta=meta: write(temporary, meta))
    return target


def place(path, make):
    """Other nodes do the same at the same time: a complete file replaces a complete file."""
    temporary = f"{path}.{os.environ.get('NODE_RANK', '0')}.tmp"
    remove(temporary)
    make(temporary)
    os.replace(temporary, path)
    # Renaming one link of a file to another one does nothing, and leaves both.
    remove(temporary)


def remove(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def link(path, target):
    try:
        os.link(path, target)
    except OSError:
        os.symlink(os.path.abspath(path), target)


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def main(checkpoints, resume, workers):
    if os.path.isfile(os.path.join(checkpoints, TRACKER)):
        # The 1.9 layout: MindFormers itself writes the tracker after all ranks have saved.
        target, said = checkpoints, "its tracker's checkpoint"
    else:
        found = newest_complete(checkpoints, workers)
        if found is None:
            print(f"resume: no complete checkpoint of {workers} ranks in {checkpoints}", file=sys.stderr)
            return
        target, said = lay_out(*found, resume), f"step {found[0]}"
    print(f"resume: from {said} in {checkpoints}", file=sys.stderr)
    print("--load_checkpoint", target, "--resume_training", "True", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
