"""papermill's translator for TypeScript: values in, the source of the injected cell out; and back for --help-notebook."""

import difflib
import threading
import weakref

from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator

from .declarations import Declaration, read_declarations, simple_type
from .values import LARGEST_INTEGER, format_value

_RESERVED = frozenset(
    "await break case catch class const continue debugger default delete do else enum export extends false finally for function if "
    "implements import in instanceof interface let new null package private protected public return static super switch this throw "
    "true try typeof var void while with yield".split()
)


class _Inspected(threading.local):
    """The parameters cell that papermill inspected last in this thread: it does so right before it asks for the injected cell."""

    cell = None
    declarations: tuple[Declaration, ...] = ()


_inspected = _Inspected()


class TypeScriptTranslator(Translator):
    """
    Writes each parameter as a declaration (`let steps: number = 20;`) with the keyword and type of the parameters cell, so that later cells
    type-check as they do without papermill, and a wrong value fails in the injected cell. Names that the cell lacks are refused.
    """

    @classmethod
    def translate(cls, val):
        return format_value(val)

    @classmethod
    def comment(cls, cmt_str):
        return "\n".join(f"// {line}".rstrip() for line in str(cmt_str).splitlines())

    @classmethod
    def assign(cls, name, str_val):
        return f"let {name} = {str_val};"

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        declared = _take_inspected()
        for name in parameters:
            _require_name(name, declared)
        lines = [cls.comment(comment), *(_declare(name, value, (declared or {}).get(name)) for name, value in parameters.items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def inspect(cls, parameters_cell):
        declarations = tuple(read_declarations(parameters_cell["source"]))
        _remember(parameters_cell, declarations)
        return [
            Parameter(d.name, d.annotation or _type_name(d.default), d.default or "undefined", d.help) for d in declarations
        ]


def _type_name(default: str) -> str:
    """The word that --help-notebook shows for a default without a type; papermill prints "None" as "Unknown type"."""
    if default == "null":
        return "NoneType"
    shape = {"[": "array", "{": "object"}.get(default[:1], "None")
    return simple_type(default) or shape


def _remember(cell, declarations: tuple[Declaration, ...]) -> None:
    try:
        _inspected.cell = weakref.ref(cell)
    except TypeError:  # a plain dict; papermill itself passes notebook nodes
        _inspected.cell = lambda: cell
    _inspected.declarations = declarations


def _take_inspected() -> dict[str, Declaration] | None:
    """Declarations of the notebook in hand, once. A cell that is gone belongs to a notebook that was only looked at."""
    cell, _inspected.cell = _inspected.cell, None
    if cell is None or cell() is None:
        return None
    return {declaration.name: declaration for declaration in _inspected.declarations}


def _require_name(name: str, declared: dict[str, Declaration] | None) -> None:
    valid = name.replace("$", "_").isidentifier() and name not in _RESERVED
    if not valid:
        raise PapermillException(f"parameter {name!r}: expected a name that TypeScript allows for a variable")
    if declared is None or name in declared:
        return
    near = difflib.get_close_matches(name, declared, n=1)
    hint = f"did you mean {near[0]}?" if near else "papermill --help-notebook shows them"
    raise PapermillException(
        f"parameter {name!r}: the notebook's parameters cell declares {', '.join(declared) or 'no variables'}; {hint}"
    )


def _declare(name: str, value: object, declaration: Declaration | None) -> str:
    if declaration is None:
        return TypeScriptTranslator.assign(name, format_value(value))
    keyword = "const" if declaration.keyword == "const" else "let"
    wanted = declaration.annotation or _inferred(declaration.default, value)
    if not wanted:
        return f"{keyword} {name} = {format_value(value)};"
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    text = f"{value}n" if wanted == "bigint" and is_integer else format_value(value, typed=True)
    return f"{keyword} {name}: {wanted} = {text};"


def _inferred(default: str, value: object) -> str:
    """Type of a simple default; a whole number too large for `number` is let through as bigint."""
    kind = simple_type(default)
    too_large = isinstance(value, int) and abs(value) > LARGEST_INTEGER
    return "" if kind == "number" and too_large else kind
