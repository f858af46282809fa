"""What is read out of a parameters cell."""

import pytest

from mindformers_lab_papermill.declarations import read_declarations, simple_type
from mindformers_lab_papermill.tokens import tokenize


def read(source):
    return [tuple(declaration) for declaration in read_declarations(source)]


def test_keyword_name_type_default_and_trailing_comment_are_read():
    source = """let steps: number = 100; // optimizer steps
const corpus = "a.tokens" // text
var open
"""
    assert read(source) == [
        ("let", "steps", "number", "100", "optimizer steps"),
        ("const", "corpus", "", '"a.tokens"', "text"),
        ("var", "open", "", "", ""),
    ]


def test_defaults_over_several_lines_become_one_line_without_comments():
    source = """let sizes: number[] = [
  1, // one
  2,
]; // sizes
let nested = {
  a: [1, { b: "x  y" }], /* c */
}
let text = `first
  second ${nested.a["}"]} third`;
let sum = 1 +
  2
let chained = [3]
  .map((x) => x)
let next = 1"""
    assert read(source) == [
        ("let", "sizes", "number[]", "[1, 2,]", "sizes"),
        ("let", "nested", "", '{ a: [1, { b: "x  y" }], }', ""),
        ("let", "text", "", '`first\n  second ${nested.a["}"]} third`', ""),
        ("let", "sum", "", "1 + 2", ""),
        ("let", "chained", "", "[3] .map((x) => x)", ""),
        ("let", "next", "", "1", ""),
    ]


@pytest.mark.parametrize(
    "annotation",
    [
        "Record<string, number>",
        '"pad" | "stitch"',
        "(x: number) => string",
        "{ a: number; b?: string }",
        "Array<Map<string, number[]>>",
        "[number, string]",
        "typeof defaults extends object ? 1 : 2",
    ],
)
def test_types_may_hold_commas_arrows_semicolons_and_angles(annotation):
    assert read(f"let a: {annotation} = x, b = 2;") == [("let", "a", annotation, "x", ""), ("let", "b", "", "2", "")]


def test_a_type_over_several_lines_is_one_line():
    assert read('let mode:\n  | "pad"\n  | "stitch" = "pad"')[0][2:4] == ('| "pad" | "stitch"', '"pad"')


def test_several_variables_of_one_statement_and_commas_inside_values():
    source = "export let a = 1, b: string = f(1, 2), c = new Map<string, number>(), d: number, e!: string; // all"
    assert [d[1:4] for d in read(source)] == [
        ("a", "", "1"),
        ("b", "string", "f(1, 2)"),
        ("c", "", "new Map<string, number>()"),
        ("d", "number", ""),
        ("e", "string", ""),
    ]
    assert {d[4] for d in read(source)} == {"all"}


def test_quotes_comments_and_regular_expressions_hide_what_they_hold():
    source = """// let a = 1;
/* let b = 2; */
let c = "let d = 3; // no";
let e = /[/;"]let f = 4;/g;
let g = 4 / 2; // half
let h = 'it\\'s; \\\\';
f("let i = 5;");
const { j } = { j: 6 };
function k() { let l = 7; return l }
let m = 8"""
    assert [d[1] for d in read(source)] == ["c", "e", "g", "h", "m"]
    assert read(source)[2][3:] == ("4 / 2", "half")


def test_a_comment_in_the_line_above_helps_if_there_is_none_behind():
    source = """// How many steps
let steps = 1
let other = 2 // behind

/** Where the
 *  text lies */
const corpus = "x"
let plain = 1"""
    assert [d[4] for d in read(source)] == ["How many steps", "behind", "Where the text lies", ""]


def test_line_ends_of_windows_and_names_of_other_alphabets():
    assert [d[1:4] for d in read("let größe = 1\r\nlet $x_1: number = 2;\r\nlet 模型 = 3")] == [
        ("größe", "", "1"),
        ("$x_1", "number", "2"),
        ("模型", "", "3"),
    ]


@pytest.mark.parametrize(
    "source",
    ["", ";;;", "let", "let =", "let a:", "let a = (", "let a = }", "let a = `${", 'let a = "', "let a = /*", ")))", "}", "let a,", "export", "`"],
)
def test_broken_source_is_read_without_an_exception(source):
    read_declarations(source)
    assert "".join(token.text for token in tokenize(source)) == source


@pytest.mark.parametrize(
    ("default", "kind"),
    [
        ("1", "number"), ("-1.5e-3", "number"), ("1_000", "number"), ("0xff", "number"), (".5", "number"), ("NaN", "number"),
        ("1n", "bigint"), ("-1_0n", "bigint"), ("true", "boolean"), ('"a"', "string"), ("'a'", "string"), ("`a`", "string"),
        ("`${a}`", ""), ('"a" + b', ""), ('"a" + "b"', ""), ("1 + 1", ""), ("null", ""), ("[]", ""), ("f()", ""), ("", ""), (".", ""),
    ],
)
def test_literals_have_a_type(default, kind):
    assert simple_type(default) == kind
