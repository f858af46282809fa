"""The Jupyter project's own conformance tests, with every sample filled in that this kernel can have.

Prints one JSON object: how many tests ran, and what failed or was skipped. There is no pager, hence no sample for it.
"""

import json
import sys
import unittest

import jupyter_kernel_test

KERNEL = "mindformers-lab"


class Kernel(jupyter_kernel_test.KernelTests):
    kernel_name = KERNEL
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('to stderr')"
    completion_samples = [
        {"text": "Math.flo", "matches": {"floor"}},
        {"text": "const parrots = 1; parro", "matches": {"parrots"}},
        {"text": "JSON.stringi", "matches": {"stringify"}},
    ]
    complete_code_samples = [
        "1 + 1",
        "const x: number = 1;",
        "function f() {\n  return 1;\n}",
        "for (const i of [1, 2]) {\n  i;\n}",
        "await Promise.resolve(1)",
        "interface A { b: string }",
        "",
    ]
    incomplete_code_samples = [
        "function f() {",
        "const a = [1,",
        "if (true) {\n  1;",
        "`template",
        "/* comment",
        "foo(1,",
    ]
    invalid_code_samples = ["const = 5", "let 1x = 2", "}", "import from 'a'"]
    code_generate_error = "throw new Error('on purpose')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'a' + 'b'", "result": "'ab'"},
        {"code": "[1, 2, 3].map((n: number) => n * 2)", "result": "[ 2, 4, 6 ]"},
        {"code": "await Promise.resolve(5)", "result": "5"},
        {
            "code": "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>x</b>' }) })",
            "mime": "text/html",
            "result": "<b>x</b>",
        },
    ]
    code_display_data = [
        {"code": "display({ 'text/html': '<b>bold</b>' })", "mime": "text/html"},
        {"code": "display({ 'image/svg+xml': '<svg/>' })", "mime": "image/svg+xml"},
    ]
    code_history_pattern = "6 ?*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.floor"
    code_clear_output = "(globalThis as any)[Symbol.for('Jupyter.host')].clearOutput()"


class Welcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = KERNEL
    support_iopub_welcome = True


def main() -> None:
    loader = unittest.TestLoader()
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (Kernel, Welcome))
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=2).run(suite)
    failed = {str(test): trace for test, trace in [*result.failures, *result.errors]}
    skipped = {str(test).split(" ")[0]: reason for test, reason in result.skipped}
    print(json.dumps({"run": result.testsRun, "failed": failed, "skipped": skipped}))


main()
