"""Looks for records in the log files of this node, from the end of each file backwards."""

import os
import re
import time

from .node_files import matching

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
BLOCK = 1 << 20
MOST_TEXT = 8192
MOST_RECORDS = 2000
MOST_BYTES = 400_000

# A record begins with a line that has a time or a level; MindSpore, MindFormers' files, MindFormers, a Python traceback.
HEAD = re.compile(
    rb"^(?:\[(?P<core>DEBUG|INFO|WARNING|ERROR|EXCEPTION|CRITICAL)\] (?:[^:\n]*:)?(?P<when>\d{4}-\d\d-\d\d[ -][\d:]{8}[.,]\d{3})?"
    rb"|(?P<time>\d{4}-\d\d-\d\d [\d:]{8},\d{3}) - \S+ - (?P<level>[A-Z]+)|(?P<trace>Traceback \(most recent call last\)))",
    re.MULTILINE,
)


def _time(text):
    if not text:
        return None
    seconds = time.mktime(time.strptime(text[:19].decode().replace("-", " "), "%Y %m %d %H:%M:%S"))
    return seconds * 1000 + int(text[20:23])


def _level(head):
    name = (head["core"] or head["level"] or b"").decode()
    if head["trace"] or name == "EXCEPTION":
        return 3
    return LEVELS.index(name) if name in LEVELS else -1


def _records(data, base):
    heads = list(HEAD.finditer(data))
    for number, head in enumerate(heads):
        start = head.start()
        end = heads[number + 1].start() if number + 1 < len(heads) else len(data)
        yield base + start, data[start : min(end, start + MOST_TEXT)], _time(head["time"] or head["when"]), _level(head)


def _file(path, question, pattern):
    """Matching records of one file, and how many bytes were looked at."""
    size = os.stat(path).st_size
    found, end, carried = [], size, b""
    with open(path, "rb") as file:
        while end > 0 and len(found) < question["tail"]:
            start = max(0, end - BLOCK)
            file.seek(start)
            data = file.read(end - start) + carried
            first = HEAD.search(data) if start > 0 else None
            cut = first.start() if first else 0
            carried, end = data[:cut], start
            part = [record for record in _records(data[cut:], start + cut) if _fits(record, question, pattern)]
            found = part + found
    return found[-question["tail"] :], size - end


def _fits(record, question, pattern):
    _, text, when, level = record
    if 0 < question["level"] > level:
        return False
    if when is not None and not (question["since"] or 0) <= when <= (question["until"] or float("inf")):
        return False
    return pattern is None or pattern.search(text.decode("utf-8", "replace")) is not None


def _pattern(match):
    if match is None:
        return None
    flags = re.IGNORECASE if "i" in match["flags"] else 0
    try:
        return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", match["source"]), flags)
    except re.error:
        return re.compile(re.escape(match["source"]), flags)


def search_logs(files, question):
    """The last matching records of every file, with how much was looked at. An answer stays below MOST_BYTES."""
    pattern = _pattern(question.get("match"))
    known = {}
    for each in question["patterns"]:
        known.update(dict(matching(files, each)))
    records, searched, total = [], 0, 0
    for name, path in sorted(known.items()):
        try:
            found, looked = _file(path, question, pattern)
            total += os.stat(path).st_size
        except OSError:
            continue
        searched += looked
        for offset, text, when, level in found:
            record = {"path": name, "offset": offset, "text": text.decode("utf-8", "replace").rstrip()}
            if when is not None:
                record["time"] = when
            if level >= 0:
                record["level"] = LEVELS[level]
            records.append(record)
    return {"records": _bounded(records), "files": len(known), "bytes": total, "searched": searched}


def _bounded(records):
    room, kept = MOST_BYTES, []
    for record in reversed(sorted(records, key=lambda record: record.get("time", 0))):
        room -= len(record["text"])
        if room < 0 or len(kept) == MOST_RECORDS:
            break
        kept.append(record)
    return list(reversed(kept))
