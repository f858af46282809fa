"""Reads YAML documents with PyYAML, as kubectl's users would; prints them as JSON."""

import json
import sys

import yaml

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    print(json.dumps(list(yaml.safe_load_all(file.read()))))
