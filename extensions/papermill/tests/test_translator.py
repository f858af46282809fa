"""What is written into the injected cell."""

import json
import shutil
import subprocess

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillException
from papermill.parameterize import parameterize_notebook
from papermill.translators import papermill_translators

import mindformers_lab_papermill.engine as engine
from mindformers_lab_papermill.translator import TypeScriptTranslator
from mindformers_lab_papermill.values import format_value


def notebook(source, tags=("parameters",)):
    nb = nbformat.v4.new_notebook()
    nb.metadata.kernelspec = {"name": "mindformers-lab", "language": "typescript", "display_name": "TypeScript"}
    nb.metadata.papermill = {}
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata.tags = list(tags)
    nb.cells.append(cell)
    return nb


def injected(tmp_path, source, parameters, tags=("parameters",)):
    """Source of the injected cell, made by papermill itself."""
    path = tmp_path / "in.ipynb"
    nbformat.write(notebook(source, tags), path)
    result = papermill.execute_notebook(str(path), None, parameters=parameters, prepare_only=True)
    cell = next(c for c in result.cells if "injected-parameters" in c.metadata.get("tags", []))
    return cell.source


@pytest.mark.parametrize("key", ["mindformers-lab", "tslab", "typescript"])
def test_importing_papermill_is_enough(key):
    assert papermill_translators.find_translator(key, key) is TypeScriptTranslator
    assert issubclass(engine.TypeScriptEngine, papermill.engines.NBClientEngine)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (0, "0"),
        (-7, "-7"),
        (2**53 - 1, "9007199254740991"),
        (2**53, "9007199254740992n"),
        (-(2**70), "-1180591620717411303424n"),
        (0.1, "0.1"),
        (1.0, "1.0"),
        (1e300, "1e+300"),
        (-0.0, "-0.0"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (None, "(null as any)"),
        ([], "([] as any[])"),
        ({}, "({} as Record<string, any>)"),
        ([1, "a", [True, None]], '[1, "a", [true, (null as any)]]'),
        ((1, 2), "[1, 2]"),
        ({"a": {"b c": []}}, '{ a: { "b c": ([] as any[]) } }'),
        ({"__proto__": 1, "constructor": 2}, '{ ["__proto__"]: 1, constructor: 2 }'),
        ({1: "a", None: 2, False: 3}, '{ "1": "a", null: 2, false: 3 }'),
        ("", '""'),
        ("it's \"quoted\" \\ `${x}`", '"it\'s \\"quoted\\" \\\\ `${x}`"'),
        ("a\nb\r\tc\0", '"a\\nb\\r\\tc\\u0000"'),
        ("日本語 größe 🚀", '"日本語 größe 🚀"'),
        ("a\u2028b\u2029c\u202ed\ufeff", '"a\\u2028b\\u2029c\\u202ed\\ufeff"'),
        ("\ud800", '"\\ud800"'),
        ("\U000e0041", '"\\u{e0041}"'),
    ],
)
def test_every_json_value_has_an_expression(value, text):
    assert format_value(value) == text


def test_dates_from_yaml_are_iso_text():
    import datetime

    assert format_value(datetime.date(2026, 11, 24)) == '"2026-11-24"'


AWKWARD = {
    "text": "quotes \" ' ` ${x} \\ \n\r\t\u2028\u2029\0 日本 🚀 </script> \ufeff\u202e",
    "numbers": [0, -1, 1.5, 1e-300, 2**53 - 1, True, False, None],
    "nested": {"a": [[], {}, [{"__proto__": {"x": [None]}}]], "": {"key with space": "x", "ключ": 1}, "class": 2},
}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is what runs the kernel")
def test_javascript_reads_back_what_was_written():
    script = f"process.stdout.write(JSON.stringify({format_value(AWKWARD, typed=True)}))"
    answer = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(answer) == AWKWARD


def test_a_parameter_keeps_the_type_and_keyword_that_the_cell_declares(tmp_path):
    source = 'let mode: "pad" | "stitch" = "stitch";\nconst memory: string | null = "1GB";\nvar n: bigint = 5n;\nlet xs: number[] = [1];'
    assert injected(tmp_path, source, {"mode": "pad", "memory": None, "n": 7, "xs": []}) == (
        '// Parameters\nlet mode: "pad" | "stitch" = "pad";\nconst memory: string | null = null;\nlet n: bigint = 7n;\nlet xs: number[] = [];\n'
    )


def test_without_a_type_a_simple_default_gives_it(tmp_path):
    source = 'let steps = 100;\nconst corpus = "a";\nlet seed = 1;\nlet any = null;\nlet list = [1];'
    values = {"steps": 20, "corpus": 2024, "seed": 2**60, "any": {}, "list": [2, 3]}
    assert injected(tmp_path, source, values).splitlines()[1:] == [
        "let steps: number = 20;",
        "const corpus: string = 2024;",  # the compiler refuses it with its own words
        "let seed = 1152921504606846976n;",
        "let any = ({} as Record<string, any>);",
        "let list = [2, 3];",
    ]


def test_a_name_that_the_cell_lacks_is_refused_with_the_nearest_one(tmp_path):
    with pytest.raises(PapermillException, match="declares steps, corpus; did you mean steps"):
        injected(tmp_path, 'let steps = 1; let corpus = "x"', {"stesp": 2})


@pytest.mark.parametrize("name", ["my-steps", "class", "1a", "a b", "a;b", ""])
def test_a_name_that_typescript_can_not_have_is_refused(name):
    with pytest.raises(PapermillException, match="expected a name that TypeScript allows"):
        TypeScriptTranslator.codify({name: 1})


def test_a_notebook_without_a_parameters_cell_gets_plain_declarations(tmp_path):
    assert injected(tmp_path, "1", {"steps": 2}, tags=()) == "// Parameters\nlet steps = 2;\n"


def test_looking_at_one_notebook_does_not_change_what_another_gets(tmp_path):
    path = tmp_path / "looked-at.ipynb"
    nbformat.write(notebook("const other: string = 'x'"), path)
    assert list(papermill.inspect_notebook(str(path))) == ["other"]
    assert injected(tmp_path, "1", {"steps": 2}, tags=()) == "// Parameters\nlet steps = 2;\n"


def test_an_injected_cell_is_replaced_by_the_next_run():
    nb = parameterize_notebook(notebook("let a = 1"), {"a": 2})
    nb = parameterize_notebook(nb, {"a": 3})
    assert [c.source for c in nb.cells] == ["let a = 1", "// Parameters\nlet a = 3;\n"]


def test_a_comment_of_several_lines_stays_a_comment():
    assert TypeScriptTranslator.codify({}, "one\ntwo") == "// one\n// two\n"


def test_help_shows_name_type_default_and_help(tmp_path):
    source = """let steps: number = 100; // optimizer steps
const corpus = "a.tokens"
let sizes: number[] = [
  1,
  2
];
let mode: "pad" | "stitch" = "stitch"
let extra = { a: 1 }
let nothing = null
let later: string
"""
    path = tmp_path / "in.ipynb"
    nbformat.write(notebook(source), path)
    shown = {
        name: (p["inferred_type_name"], p["default"], p["help"]) for name, p in papermill.inspect_notebook(str(path)).items()
    }
    assert shown == {
        "steps": ("number", "100", "optimizer steps"),
        "corpus": ("string", '"a.tokens"', ""),
        "sizes": ("number[]", "[1, 2]", ""),
        "mode": ('"pad" | "stitch"', '"stitch"', ""),
        "extra": ("object", "{ a: 1 }", ""),
        "nothing": ("NoneType", "null", ""),
        "later": ("string", "undefined", ""),
    }
