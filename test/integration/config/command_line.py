"""Compares, for each case, what MindFormers makes of the original YAML with overrides on the command line and of the saved YAML.

Input: a JSON file with {"cases": [{before, words, after}], "flags": [...]}. The command line is read as run_mindformer.py reads it: words after
the known flags are cut at every `=`. Prints for each case null or what differs, and the flags that only one side has.
"""

import contextlib
import json
import logging
import os
import sys
import tempfile

logging.disable(logging.CRITICAL)
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "extensions", "engine"))


def difference(a, b, path=""):
    if type(a) is not type(b):
        return f"{path}: {a!r} ({type(a).__name__}) and {b!r} ({type(b).__name__})"
    if isinstance(a, dict):
        if set(a) != set(b):
            return f"{path}: keys {sorted(map(str, set(a) ^ set(b)))}"
        return next((found for key in a if (found := difference(a[key], b[key], f"{path}.{key}"))), None)
    if isinstance(a, list):
        if len(a) != len(b):
            return f"{path}: {a!r} and {b!r}"
        return next((found for index in range(len(a)) if (found := difference(a[index], b[index], f"{path}.{index}"))), None)
    return None if a == b or (a != a and b != b) else f"{path}: {a!r} and {b!r}"


def main(given):
    from mindformers_lab_engine.apply import compose_config
    from mindformers_lab_engine.command_line import FLAGS, parse_command_line

    def composed(folder, name, text, words):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        command = parse_command_line(["--config", path, *words])
        for key, value in command.overrides:
            assert "=" not in key + value, f"run_mindformer.py cuts {key} {value} at ="
        return compose_config(command)

    def outcome(case):
        with tempfile.TemporaryDirectory() as folder:
            try:
                saved = composed(folder, "after.yaml", case["after"], [])
            except Exception:
                return "unusable"  # the edit itself is one that MindFormers refuses
            try:
                return difference(composed(folder, "before.yaml", case["before"], case["words"]), saved)
            except Exception as error:
                return f"{type(error).__name__}: {error}"

    flags = {name for name, _ in FLAGS} | {"config", "help"}
    return {"outcomes": [outcome(case) for case in given["cases"]], "flags": sorted(flags ^ set(given["flags"]))}


with open(sys.argv[1], encoding="utf-8") as file:
    cases = json.load(file)
with contextlib.redirect_stdout(sys.stderr):
    answer = main(cases)
print(json.dumps(answer))
