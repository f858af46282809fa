"""Applies each edit to the node graph that PyYAML composes and compares with what PyYAML loads from the edited text.

Input: a JSON file with a list of {file, path, value, after}. Prints the number of edits that agree and the first ones that don't.
"""

import datetime
import json
import math
import sys

import yaml

Loader = yaml.SafeLoader


def decode(value):
    if isinstance(value, dict):
        if "$number" in value:
            text = value["$number"]
            return float(text) if any(c in text for c in ".einEIN") else int(text)
        return {key: decode(item) for key, item in value.items()}
    return [decode(item) for item in value] if isinstance(value, list) else value


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b or (math.isnan(a) and math.isnan(b))
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(sorted(map(repr, a))) == list(sorted(map(repr, b))) and all(same(a[key], b[key]) for key in a)
    return a == b


class Edit:
    """Builds values from nodes with one place replaced; a place that an anchor names is replaced wherever its aliases stand."""

    def __init__(self, root, path, value):
        self.value = value
        self.seen = {}
        self.note_first_places(root, ())
        segments = path.split(".")
        node, here = root, ()
        for depth, segment in enumerate(segments):
            here = self.seen[id(node)]
            child = self.child(node, segment)
            if child is None or depth == len(segments) - 1:
                self.owner, self.key, self.rest = id(node), segment, segments[depth + 1 :]
                self.exists = child is not None
                self.place = here + (segment,)
                first = child is not None and self.seen[id(child)] == self.place
                self.target = id(child) if first else None
                return
            node = child

    def note_first_places(self, node, place):
        if id(node) in self.seen:
            return
        self.seen[id(node)] = place
        if isinstance(node, yaml.MappingNode):
            for key, item in node.value:
                self.note_first_places(item, place + (key.value,))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.note_first_places(item, place + (str(index),))

    @staticmethod
    def child(node, segment):
        if isinstance(node, yaml.MappingNode):
            return next((item for key, item in node.value if key.value == segment), None)
        if isinstance(node, yaml.SequenceNode) and segment.isdigit() and int(segment) < len(node.value):
            return node.value[int(segment)]
        return None

    def nested(self):
        value = self.value
        for segment in reversed(self.rest):
            value = {segment: value}
        return value

    def build(self, node):
        if self.target is not None and id(node) == self.target:
            return self.nested()
        at_owner = id(node) == self.owner
        if isinstance(node, yaml.MappingNode):
            built = {scalar(key): self.build(item) for key, item in node.value}
            if at_owner and self.target is None:
                built[self.key] = self.nested()
            return built
        if isinstance(node, yaml.SequenceNode):
            built = [self.build(item) for item in node.value]
            if at_owner and self.target is None:
                index = int(self.key)
                built[index : index + 1] = [self.nested()]
            return built
        return scalar(node)


def scalar(node):
    loader = Loader("")
    return loader.construct_object(node)


def main():
    edits = json.load(open(sys.argv[1], encoding="utf-8"))
    agree, differ = 0, []
    for edit in edits:
        before = open(edit["file"], encoding="utf-8", newline="").read()
        root = yaml.compose(before, Loader=Loader)
        expected = Edit(root, edit["path"], decode(edit["value"])).build(root)
        try:
            found = yaml.safe_load(edit["after"])
        except yaml.YAMLError as error:
            differ.append({"path": edit["path"], "error": str(error)})
            continue
        if same(found, expected):
            agree += 1
        else:
            differ.append({"path": edit["path"], "value": repr(edit["value"])[:200]})
    print(json.dumps({"agree": agree, "differ": differ[:10]}))


main()
