"""Files of the run folder: written whole, listed, read in ranges, and followed."""

import base64
import glob
import hashlib
import json
import os
import random
import tempfile
import time

# An answer is one line of JSON, at most 1 MiB: base64 adds a third, escaped control characters take six bytes.
LARGEST_READ = 1 << 19
LARGEST_PORTION = 1 << 17


class Place:
    """A run folder. Paths are relative to it, or absolute."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def name(self, path, absolute):
        return path if absolute else os.path.relpath(path, self.folder)


def write_whole(path, data):
    """Writes bytes so that no reader sees a part of them: temporary file, fsync, rename."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def put_range(place, name, offset, data, last):
    """Writes a part of a large file beside its place; the last part puts the whole file there."""
    path = place.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.part", "r+b" if offset > 0 else "wb") as file:
        file.seek(offset)
        file.write(base64.b64decode(data))
        if last:
            file.flush()
            os.fsync(file.fileno())
    if last:
        os.replace(f"{path}.part", path)


def write_if_changed(path, data):
    try:
        with open(path, "rb") as file:
            if file.read() == data:
                return
    except OSError:
        pass
    write_whole(path, data)


def read_json(path):
    """The JSON object in a file, or None if there is none or it is damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def read_range(place, name, offset, length):
    """Bytes of a file as base64, None if there is no such file."""
    try:
        with open(place.path(name), "rb") as file:
            file.seek(offset)
            return base64.b64encode(file.read(min(length, LARGEST_READ))).decode("ascii")
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_at(place, name, offset, data):
    """Writes base64 bytes into a file from `offset` on and cuts what was behind them; returns the new size."""
    path = place.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "r+b" if os.path.exists(path) else "w+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size >= offset:
            file.seek(offset)
            file.write(base64.b64decode(data))
            file.truncate()
            size = file.tell()
        return size


def matching(place, pattern):
    absolute = os.path.isabs(pattern)
    base = pattern if absolute else os.path.join(glob.escape(place.folder), pattern)
    paths = sorted(glob.glob(base, recursive=True))
    return [(place.name(path, absolute), path) for path in paths if os.path.isfile(path)]


def list_files(place, pattern):
    found = []
    for name, path in matching(place, pattern):
        try:
            stat = os.stat(path)
        except OSError:
            continue
        found.append({"path": name, "size": stat.st_size, "changedAt": stat.st_mtime * 1000})
    return found


def file_hash(path, largest):
    """Size, modification time, and SHA-256 of a file (None beyond `largest` bytes); None if there is no such file."""
    try:
        stat = os.stat(path)
        fact = {"size": stat.st_size, "changedAt": stat.st_mtime * 1000, "sha256": None}
        if stat.st_size <= largest:
            digest = hashlib.sha256()
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            fact["sha256"] = digest.hexdigest()
        return fact
    except OSError:
        return None


def look(place, name):
    """A file with its size and time, a folder with its names, or None if there is nothing of that name."""
    path = place.path(name)
    try:
        stat = os.stat(path)
        if os.path.isdir(path):
            return {"kind": "folder", "names": sorted(os.listdir(path))}
        return {"kind": "file", "size": stat.st_size, "changedAt": stat.st_mtime * 1000}
    except (FileNotFoundError, NotADirectoryError):
        return None


def _portion(path, offset, room):
    """Whole lines of a file from `offset`: (bytes, new offset, restarted). A file that became shorter begins anew."""
    size = os.stat(path).st_size
    restarted = size < offset
    start = 0 if restarted else offset
    if size == start:
        return b"", start, restarted
    with open(path, "rb") as file:
        file.seek(start)
        data = file.read(room)
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) >= LARGEST_PORTION:
        end = len(data)  # a line longer than a whole portion comes in pieces; a shorter one waits for its turn
    return data[:end], start + end, restarted


def follow_once(place, patterns, offsets):
    """New whole lines of all matching files, about LARGEST_PORTION bytes, in an order that lets no file wait for ever."""
    room = LARGEST_PORTION
    found = []
    known = {}
    for pattern in patterns:
        known.update(dict(matching(place, pattern)))
    for name in random.sample(sorted(known), len(known)):
        if room <= 0:
            break
        try:
            data, offset, restarted = _portion(known[name], offsets.get(name, 0), room)
        except OSError:
            continue
        if not data and not restarted:
            continue
        room -= len(data)
        text = data.decode("utf-8", "replace")
        entry = {"path": name, "text": text, "offset": offset}
        if restarted:
            entry["restarted"] = True
        found.append(entry)
    return found


def follow(place, patterns, offsets, seconds):
    """As `follow_once`, but waits up to `seconds` for the first new line."""
    deadline = time.monotonic() + seconds
    pause = 0.05
    while True:
        found = follow_once(place, patterns, offsets)
        if found or time.monotonic() >= deadline:
            return found
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(0.25, pause * 1.5)
