"""Keys of a configuration that MindFormers writes on the way to a training, from its source, as one JSON list."""
import ast
import json
import pathlib
from importlib.util import find_spec

root = pathlib.Path(find_spec("mindformers").submodule_search_locations[0])
files = (
    "dataset/utils.py trainer/base_trainer.py trainer/trainer.py trainer/utils.py core/parallel_config.py "
    "core/context/parallel.py core/context/build_context.py tools/check_rules.py utils/load_checkpoint_utils.py "
    "core/optim/build_optim.py"
).split()
# Functions that are no part of a training, or take arguments of the Python interface.
others = (
    "evaluate", "predict", "export", "save", "_set_moe", "set_", "generate", "reset_", "_reset_config", "_adapt",
    "_init_tokenizer", "_init_dataset", "_check_checkpoint_config", "finetune",
)
sections = {"config": [], "old_config": [], "mf_config": [], "lr_config": ["lr_schedule"]}


def words(node):
    found = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            found.append(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found.append(str(node.slice.value))
        else:
            return []
        node = node.value
    found.append(node.id)
    return found[::-1]


def key(target):
    found = words(target)
    if found[:1] == ["self"]:
        found = found[1:]
    return ".".join(sections[found[0]] + found[1:]) if len(found) > 1 and found[0] in sections else None


def assigned(function):
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            yield from node.targets if isinstance(node, ast.Assign) else [node.target]


def functions(name):
    return [node for node in ast.walk(ast.parse((root / name).read_text())) if isinstance(node, ast.FunctionDef)]


keys = {key(target) for name in files for f in functions(name) if not f.name.startswith(others) for target in assigned(f)}
for function in functions("parallel_core/transformer_config.py"):
    if function.name == "__post_init__":
        names = [words(target) for target in assigned(function)]
        keys |= {f"model.model_config.{name[1]}" for name in names if len(name) == 2 and name[0] == "self"}
print(json.dumps(sorted(keys - {None})))
