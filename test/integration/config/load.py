"""Prints what PyYAML loads from each file as JSON with every number's kind spelled out; used to compare our reading with PyYAML's."""

import datetime
import json
import sys

import yaml


def spell(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"date": value.isoformat()}
    if isinstance(value, list):
        return [spell(item) for item in value]
    return {"map": {str(key): spell(item) for key, item in value.items()}}


print(json.dumps([spell(yaml.safe_load(open(path, encoding="utf-8", newline=""))) for path in sys.argv[1:]]))
