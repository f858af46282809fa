"""What PyYAML's safe_load makes of each text of a JSON list; a list per line of input, an answer per line."""

import datetime
import json
import sys

import yaml


class Special(Exception):
    """A value that no configuration holds: bytes, sets, pairs, a list that holds itself."""


class Ambiguous(Exception):
    """Two keys of one spelling, such as 12 and "12": a path can't name both."""


def spell(value, inside=()):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"date": value.isoformat()}
    if not isinstance(value, (list, dict)) or id(value) in inside:
        raise Special
    inside = (*inside, id(value))
    if isinstance(value, list):
        return [spell(item, inside) for item in value]
    if any(isinstance(key, (bytes, tuple)) for key in value):
        raise Special
    if len({str(key) for key in value}) < len(value):
        raise Ambiguous
    return {"map": {str(key): spell(item, inside) for key, item in value.items()}}


def refuse_loops(node, inside=()):
    """A text in which a value holds itself is special, even if a later value of its key hides it."""
    if node is None or isinstance(node, yaml.ScalarNode):
        return
    if id(node) in inside:
        raise Special
    inside = (*inside, id(node))
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            refuse_loops(part, inside)


def answer(text):
    try:
        refuse_loops(yaml.compose(text, Loader=yaml.SafeLoader))
        return {"value": spell(yaml.safe_load(text))}
    except Special:
        return {"special": True}
    except Ambiguous:
        return {"ambiguous": True}
    except RecursionError:
        return {"special": True}
    except Exception as error:  # whatever it is, MindFormers does not start
        return {"error": type(error).__name__}


for line in sys.stdin:
    print("answer " + json.dumps([answer(text) for text in json.loads(line)]), flush=True)
