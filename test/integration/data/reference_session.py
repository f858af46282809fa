"""Answers what MindFormers makes of a text (oracle.py), reads of our files (read_back.py) and merges (merge.py): python reference_session.py.

Each line on the standard input is a JSON list, the name of what to do and its arguments; each answer is a line "answer <JSON>".
"""
import json
import sys

import merge
import oracle
import read_back

ACTIONS = {"prepare": oracle.prepare, "read": read_back.read, "merge": merge.merge}

if __name__ == "__main__":
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print("answer", json.dumps(ACTIONS[name](*arguments)), flush=True)
