"""Finds the variables that a cell declares: keyword, name, type, default, and help."""

import itertools
import re
from typing import NamedTuple

from .tokens import SILENT, Token, tokenize


class Declaration(NamedTuple):
    #: let, const, or var
    keyword: str
    name: str
    #: Type as written, in one line; empty if there is none.
    annotation: str
    #: Default as written, in one line without comments; empty if there is none.
    default: str
    #: Comment behind the declaration, else the one in the line above.
    help: str


_KEYWORDS = ("let", "const", "var")
# A line that ends in one of these, or after which the next begins with one, goes on.
_OPEN_END = set("=:,.?+-*/%&|^<!~([{") | {"=>", "...", "?."}
_OPEN_START = set("=:,.?+-*/%&|^<>([") | {"?."}
_OPEN_WORDS = ("as", "satisfies", "in", "instanceof", "extends")


def read_declarations(source: str) -> list[Declaration]:
    """Declarations at the top level of a cell, in order; what can't be understood is skipped."""
    return _Reader(list(tokenize(source))).read()


class _Reader:
    def __init__(self, tokens: list[Token]):
        self._tokens = tokens
        self._at = 0

    def read(self) -> list[Declaration]:
        found: list[Declaration] = []
        while self._skip_silent():
            above = self._comment_above()
            if self._tokens[self._at].text == "export":
                self._at += 1
                self._skip_silent()
            token = self._token()
            if token and token.kind == "word" and token.text in _KEYWORDS:
                self._at += 1
                found.extend(self._declarators(token.text, above))
            else:
                self._collect(stop=(), commas=False)
                self._end_statement()
        return found

    def _declarators(self, keyword: str, above: str) -> list[Declaration]:
        parts: list[tuple[str, str, str]] = []
        while True:
            self._skip_silent()
            name = self._token()
            if not name or name.kind != "word":
                self._collect(stop=(), commas=False)
                break
            self._at += 1
            self._accept("!")
            annotation = self._collect(stop=("=",), commas=True, angles=True) if self._accept(":") else ""
            default = self._collect(stop=(), commas=True) if self._accept("=") else ""
            parts.append((name.text, annotation, default))
            if not self._accept(","):
                break
        self._end_statement()
        help_text = self._comment_behind() or above
        return [Declaration(keyword, *part, help_text) for part in parts]

    def _collect(self, stop: tuple[str, ...], commas: bool, angles: bool = False) -> str:
        """Text up to the end of the statement, or at depth 0 to a mark of `stop` or (with `commas`) the next declarator."""
        opening, closing = ("([{<", ")]}>") if angles else ("([{", ")]}")
        depth, parts = 0, []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if depth == 0 and (token.text == ";" or token.text in stop or self._ends_here()):
                break
            if depth == 0 and commas and token.text == "," and self._declarator_follows():
                break
            if token.kind == "mark":
                depth += (token.text in opening) - (token.text in closing)
                if depth < 0:
                    break
            parts.append(" " if token.kind in SILENT else token.text)
            self._at += 1
        return _squeeze(parts)

    def _ends_here(self) -> bool:
        """True if only comments follow up to a line end that ends the statement (automatic semicolon insertion, simplified)."""
        if self._tokens[self._at].kind not in SILENT:
            return False
        rest = self._tokens[self._at :]
        silent = list(itertools.takewhile(lambda token: token.kind in SILENT, rest))
        if len(silent) == len(rest):
            return True
        if all(token.kind != "newline" for token in silent):
            return False
        before = next((t for t in reversed(self._tokens[: self._at]) if t.kind not in SILENT), None)
        after = rest[len(silent)]
        open_end = before is not None and before.kind == "mark" and before.text in _OPEN_END
        open_start = after.text in _OPEN_START if after.kind == "mark" else after.text in _OPEN_WORDS
        return not (open_end or open_start)

    def _declarator_follows(self) -> bool:
        """Behind a comma: `name =`, `name:`, `name,`, or `name;` begins another variable; anything else belongs to the value."""
        rest = [t for t in self._tokens[self._at + 1 : self._at + 40] if t.kind not in SILENT][:2]
        return bool(rest) and rest[0].kind == "word" and (len(rest) == 1 or rest[1].text in ("=", ":", ",", ";", "!"))

    def _end_statement(self) -> None:
        """Past the semicolon or, at a stray closing bracket, past that: something must be consumed."""
        token = self._token()
        if token and (token.text == ";" or token.text in ")]}>,"):
            self._at += 1

    def _comment_behind(self) -> str:
        at = self._at
        while at < len(self._tokens) and self._tokens[at].kind == "space":
            at += 1
        if at < len(self._tokens) and self._tokens[at].kind == "comment":
            self._at = at + 1
            return _comment_text(self._tokens[at].text)
        return ""

    def _comment_above(self) -> str:
        """The comment that ends in the line above the current token."""
        before = self._tokens[: self._at]
        silent = [t for t in before[-4:] if t.kind != "space"]
        if len(silent) < 2 or silent[-1].kind != "newline" or silent[-2].kind != "comment":
            return ""
        own_line = len(silent) < 3 or silent[-3].kind == "newline"
        return _comment_text(silent[-2].text) if own_line else ""

    def _accept(self, text: str) -> bool:
        mark = self._at
        self._skip_silent()
        token = self._token()
        if token and token.text == text:
            self._at += 1
            return True
        self._at = mark
        return False

    def _skip_silent(self) -> bool:
        while self._at < len(self._tokens) and self._tokens[self._at].kind in SILENT:
            self._at += 1
        return self._at < len(self._tokens)

    def _token(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def _squeeze(parts: list[str]) -> str:
    """Joins, with single spaces where there were spaces, line ends or comments, but none inside of brackets' ends."""
    out: list[str] = []
    for part in parts:
        if part == " " and (not out or out[-1] in (" ", "[", "(")):
            continue
        if part in ("]", ")") and out and out[-1] == " ":
            out.pop()
        out.append(part)
    return "".join(out).strip()


def _comment_text(comment: str) -> str:
    lines = [re.sub(r"^\s*(//+|/\*+|\*(?!/))|\*+/\s*$", "", line).strip() for line in comment.splitlines()]
    return " ".join(line for line in lines if line)


_LITERALS = [
    ("string", re.compile(r"""^(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\$])*`)$""", re.DOTALL)),
    ("boolean", re.compile(r"^(?:true|false)$")),
    ("bigint", re.compile(r"^-?\d[\d_]*n$")),
    ("number", re.compile(r"^[-+]?(?:NaN|Infinity|0[xob][\da-f_]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:e[-+]?\d+)?)$", re.IGNORECASE)),
]


def simple_type(default: str) -> str:
    """string, boolean, number, or bigint if the default is a literal of that type, else empty."""
    return next((name for name, pattern in _LITERALS if pattern.match(default)), "")
