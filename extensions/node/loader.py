# Imports the node program from SOURCES (module name -> text), which the launching machine puts before these lines, and runs it.
# The whole is one script: `python program.py serve …`, or sent over a connection and executed. P holds its own bytes.
import importlib.abc
import importlib.util
import sys

PACKAGE = "mindformers_lab_node"


class _Sources(importlib.abc.Loader, importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname != PACKAGE and not fullname.startswith(PACKAGE + "."):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=fullname == PACKAGE)

    def exec_module(self, module):
        name = module.__name__.rpartition(".")[2] if module.__name__ != PACKAGE else "__init__"
        exec(compile(SOURCES[name], f"{PACKAGE}/{name}.py", "exec"), module.__dict__)  # noqa: F821


sys.meta_path.insert(0, _Sources())
import mindformers_lab_node.program  # noqa: E402

mindformers_lab_node.program.own_bytes = globals().get("P") or open(__file__, "rb").read()
import mindformers_lab_node.main  # noqa: E402

mindformers_lab_node.main.main(sys.argv[1:])
