"""Applies each edit to the node graph that PyYAML composes and compares with what PyYAML loads from the edited text.

Reads lines of JSON from standard input: {file, verb: set | unset | merge, path, value, after}. Prints the number of edits that agree and
the first ones that don't. libyaml's loader reads every text; PyYAML's own one, which MindFormers uses and which is ten times slower, every
twentieth, and must agree.
"""

import json
import math
import sys

import yaml

Loader = yaml.CSafeLoader


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


class Box:
    """A value that an anchor may name: aliases hold the same box. `home` is the place where it is written: owner's id and key."""

    def __init__(self, content, home=None):
        self.content = content
        self.home = home

    def plain(self):
        if isinstance(self.content, dict):
            return {key: item.plain() for key, item in self.content.items()}
        return [item.plain() for item in self.content] if isinstance(self.content, list) else self.content


class Composed:
    """What PyYAML composes of a text, and the value of each scalar in it; made once, never changed."""

    def __init__(self, text):
        self.root = yaml.compose(text, Loader=Loader)
        self.loader = Loader("")
        self.scalars = {}

    def scalar(self, node):
        if id(node) not in self.scalars:
            self.scalars[id(node)] = self.loader.construct_object(node)
        return self.scalars[id(node)]


class Document:
    def __init__(self, composed):
        self.composed = composed
        self.boxes = {}
        self.root = self.box(composed.root, None)

    def box(self, node, home):
        if id(node) in self.boxes:
            return self.boxes[id(node)]
        made = self.boxes[id(node)] = Box(None, home)
        if isinstance(node, yaml.MappingNode):
            made.content = {}
            for key, item in node.value:
                name = self.composed.scalar(key)
                made.content[name] = self.box(item, (id(made), name))
        elif isinstance(node, yaml.SequenceNode):
            made.content = []
            for index, item in enumerate(node.value):
                made.content.append(self.box(item, (id(made), index)))
        else:
            made.content = self.composed.scalar(node)
        return made

    def owner(self, segments):
        """The box that holds the last segment (as far as the path exists), that segment, and what is left of the path."""
        at = self.root
        for depth, segment in enumerate(segments):
            key = int(segment) if isinstance(at.content, list) else segment
            child = self.child(at, key)
            if child is None or depth == len(segments) - 1:
                return at, key, segments[depth + 1 :]
            at = child

    @staticmethod
    def child(box, key):
        if isinstance(box.content, dict):
            return box.content.get(key)
        if isinstance(box.content, list) and isinstance(key, int) and key < len(box.content):
            return box.content[key]
        return None

    def put(self, owner, key, value):
        child = self.child(owner, key)
        if child is not None and child.home == (id(owner), key):
            child.content = wrap(value, child.home).content
        elif isinstance(owner.content, list) and key == len(owner.content):
            owner.content.append(wrap(value, (id(owner), key)))
        elif isinstance(owner.content, (dict, list)):
            owner.content[key] = wrap(value, (id(owner), key))
        else:  # an empty value becomes a section
            owner.content = {}
            self.put(owner, key, value)

    def set(self, path, value):
        owner, key, rest = self.owner(path.split("."))
        for segment in reversed(rest):
            value = {segment: value}
        self.put(owner, key, value)

    def unset(self, path, _):
        owner, key, rest = self.owner(path.split("."))
        assert not rest
        del owner.content[key]

    def merge(self, _, values):
        self.merge_into(self.root, values)

    def merge_into(self, box, values):
        for key, value in values.items():
            child = self.child(box, key)
            if isinstance(value, dict) and child is not None and isinstance(child.content, dict):
                self.merge_into(child, value)
            else:
                self.put(box, key, value)


def wrap(value, home):
    made = Box(value, home)
    if isinstance(value, dict):
        made.content = {key: wrap(item, (id(made), key)) for key, item in value.items()}
    elif isinstance(value, list):
        made.content = [wrap(item, (id(made), index)) for index, item in enumerate(value)]
    return made


def difference(edit, before, slowly):
    document = Document(before)
    getattr(document, edit["verb"])(edit["path"], decode(edit["value"]))
    expected = document.root.plain()
    try:
        if not same(yaml.load(edit["after"], Loader=Loader), expected):
            return "libyaml reads something else"
        if slowly and not same(yaml.safe_load(edit["after"]), expected):
            return "PyYAML reads something else"
    except yaml.YAMLError as error:
        return str(error)
    return None


def main():
    agree, differ, texts = 0, [], {}
    for number, line in enumerate(sys.stdin):
        edit = json.loads(line)
        if edit["file"] not in texts:
            texts[edit["file"]] = Composed(open(edit["file"], encoding="utf-8", newline="").read())
        found = difference(edit, texts[edit["file"]], number % 20 == 0)
        if found is None:
            agree += 1
        else:
            differ.append({"verb": edit["verb"], "path": edit["path"], "value": repr(edit["value"])[:200], "found": found})
    print(json.dumps({"agree": agree, "differ": differ[:10]}))


main()
