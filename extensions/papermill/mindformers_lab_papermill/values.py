"""Writes Python values (what papermill reads from JSON, YAML, or -p) as TypeScript expressions."""

import json
import math
import re
import unicodedata

LARGEST_INTEGER = 2**53 - 1
_PLAIN_KEY = re.compile(r"^[A-Za-z_$][\w$]*$", re.ASCII)


def format_value(value: object, typed: bool = False) -> str:
    """
    The expression for a value. `typed`: the declaration says its type. Otherwise null, [] and {} get one (`any`, as JSON has it), because the
    compiler would infer types that nothing else fits into.
    """
    if value is None:
        return "null" if typed else "(null as any)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) <= LARGEST_INTEGER else f"{value}n"
    if isinstance(value, float):
        return _format_float(value)
    if isinstance(value, dict):
        return _format_object(value, typed)
    if isinstance(value, (list, tuple)):
        if not value:
            return "[]" if typed else "([] as any[])"
        return f"[{', '.join(format_value(item, typed) for item in value)}]"
    return format_text(_text_of(value))


def _format_float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(float(value))


def _format_object(value: dict, typed: bool) -> str:
    if not value:
        return "{}" if typed else "({} as Record<string, any>)"
    entries = (f"{_format_key(key)}: {format_value(item, typed)}" for key, item in value.items())
    return f"{{ {', '.join(entries)} }}"


def _format_key(key: object) -> str:
    text = key if isinstance(key, str) else _text_of(key)
    # `__proto__: x` would set the prototype; in brackets it is a key like any other.
    if text == "__proto__":
        return '["__proto__"]'
    return text if _PLAIN_KEY.match(text) else format_text(text)


def _text_of(value: object) -> str:
    """Text of what JSON has no type for (YAML dates: ISO 8601) and of keys that are not text, as JSON writes them."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def format_text(text: str) -> str:
    """A string literal: readable letters stay; line separators, control, invisible, and lone surrogate characters are escaped."""
    return "".join(_escape(character) for character in json.dumps(text, ensure_ascii=False))


def _escape(character: str) -> str:
    if character < "\x7f" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"
