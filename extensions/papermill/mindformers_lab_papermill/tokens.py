"""Cuts TypeScript into tokens, as far as finding declarations needs it."""

import re
from typing import Iterator, NamedTuple


class Token(NamedTuple):
    #: space, newline, comment, string, template, regex, word, number, or mark
    kind: str
    text: str


_NAME = r"[\w$\u200c\u200d]"
_PATTERNS = [
    ("newline", r"\r\n|[\n\r\u2028\u2029]"),
    ("space", r"[^\S\n\r\u2028\u2029]+"),
    ("comment", r"//[^\n\r\u2028\u2029]*|/\*.*?(?:\*/|\Z)"),
    ("string", r'"(?:\\.|[^"\\\n])*"?' + r"|'(?:\\.|[^'\\\n])*'?"),
    ("number", r"(?:\d|\.\d)(?:[eE][+-]|[\w.])*"),
    ("word", rf"(?:(?!\d){_NAME}){_NAME}*"),
    ("mark", r"=>|\.\.\.|\?\.(?!\d)|."),
]
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS), re.DOTALL)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/\w*")
SILENT = ("space", "newline", "comment")


def tokenize(source: str) -> Iterator[Token]:
    """All tokens in order; their texts joined are the source again."""
    at, last = 0, None
    while at < len(source):
        token = _token_at(source, at, last)
        yield token
        at += len(token.text)
        if token.kind not in SILENT:
            last = token


def _token_at(source: str, at: int, last: Token | None) -> Token:
    if source[at] == "`":
        return Token("template", source[at : _template_end(source, at)])
    # A slash begins a regular expression where a value may begin.
    value_may_begin = last is None or (last.kind == "mark" and last.text not in (")", "]", "}"))
    if source[at] == "/" and source[at + 1 : at + 2] not in ("/", "*") and value_may_begin:
        match = _REGEX.match(source, at)
        if match:
            return Token("regex", match.group())
    match = _TOKEN.match(source, at)
    return Token(match.lastgroup, match.group())


def _template_end(source: str, start: int) -> int:
    at = start + 1
    while at < len(source):
        if source[at] == "\\":
            at += 2
        elif source[at] == "`":
            return at + 1
        elif source.startswith("${", at):
            at = _substitution_end(source, at + 2)
        else:
            at += 1
    return len(source)


def _substitution_end(source: str, at: int) -> int:
    depth, last = 1, None
    while at < len(source):
        token = _token_at(source, at, last)
        at += len(token.text)
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if depth == 0:
            return at
        if token.kind not in SILENT:
            last = token
    return len(source)
