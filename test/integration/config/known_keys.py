"""Prints, as JSON, every configuration key that the installed MindFormers knows for pre-training, section by section: {section: {strict, keys:
{name: {types, default}}}}. Sections that depend on a type are named `optimizer:AdamW`. `default` is absent where MindFormers has none.

What is read: the configuration templates, the fields of its dataclasses, the signatures of the classes that a `type` names, the tables of
its converters, and the keys that its own YAML files for pre-training use.
"""

import ast
import contextlib
import dataclasses
import inspect
import json
import logging
import os
import sys
import textwrap
import typing

logging.disable(logging.CRITICAL)

SKIPPED = {"self", "args", "kwargs"}
NAMES = {int: "int", float: "float", bool: "bool", str: "string", list: "list", tuple: "list", dict: "map", type(None): "null"}


def types_of(annotation):
    """Kinds of YAML values that an annotation admits; None if it says nothing."""
    if annotation in NAMES:
        return {NAMES[annotation]}
    origin = typing.get_origin(annotation)
    if origin in NAMES:
        return {NAMES[origin]}
    if origin is typing.Union:
        parts = [types_of(part) for part in typing.get_args(annotation)]
        return set().union(*[part for part in parts if part]) or None
    return None


def spell(default):
    if isinstance(default, (bool, int, float, str)) or default is None:
        return default
    if isinstance(default, (list, tuple)):
        return [spell(item) for item in default]
    if isinstance(default, dict):
        return {str(key): spell(item) for key, item in default.items()}
    return {"$object": type(default).__name__}


def entry(annotation, default, missing):
    found = {}
    types = types_of(annotation)
    if types:
        found["types"] = sorted(types)
    if default is not missing:
        found["default"] = spell(default)
    return found


def of_signature(function):
    parameters = inspect.signature(function).parameters.values()
    positional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {p.name: entry(p.annotation, p.default, inspect.Parameter.empty) for p in parameters if p.name not in SKIPPED and p.kind not in positional}


def of_dataclass(cls):
    keys = {}
    for field in dataclasses.fields(cls):
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        if field.init:
            keys[field.name] = entry(field.type, default, dataclasses.MISSING)
    return keys


def of_model(cls):
    """Arguments of a model's configuration class: its signature and what `register_mf_model_parameter` adds."""
    keys = of_signature(cls.__init__)
    function = cls.__init__
    while hasattr(function, "__wrapped__"):
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            if name == "mf_model_kwargs":
                for key, value in (cell.cell_contents or {}).items():
                    keys.setdefault(key, {"default": spell(value)})
        function = function.__wrapped__
    return keys


def reads(function, holder):
    """Every `holder.get("key", default)` in a function: key and default."""
    keys = {}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args):
            continue
        if ast.unparse(node.func.value) != holder or not isinstance(node.args[0], ast.Constant):
            continue
        keys[node.args[0].value] = {}
        if len(node.args) > 1 and isinstance(node.args[1], ast.Constant | ast.UnaryOp):
            keys[node.args[0].value] = {"default": ast.literal_eval(node.args[1])}
    return keys


def checkpoint_keys():
    """The new names in the tables that translate older settings, with their defaults (the opposite for `no_…`)."""
    from mindformers.trainer.utils import convert_checkpoint_config

    keys = {}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(convert_checkpoint_config)))):
        if isinstance(node, ast.Tuple) and len(node.elts) == 3 and all(isinstance(part, ast.Constant) for part in node.elts[:2]):
            name, default = node.elts[1].value, node.elts[2]
            keys[name] = {} if name.startswith("no_") or not isinstance(default, ast.Constant) else {"default": default.value}
    return keys


def yaml_keys(folder):
    """Every mapping of MindFormers' own pre-training files with the path where it stands: [file, path, type of the mapping, keys]."""
    import yaml

    found = []

    def visit(value, path, file):
        if isinstance(value, dict):
            found.append([file, path, sorted(map(str, value))])
            for key, item in value.items():
                visit(item, f"{path}.{key}" if path else str(key), file)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                visit(item, f"{path}.{index}", file)

    for root, _, files in os.walk(folder):
        for name in sorted(files):
            if "pretrain" in name and name.endswith(".yaml"):
                with open(os.path.join(root, name), encoding="utf-8") as file:
                    visit(yaml.safe_load(file), "", os.path.join(root, name))
    return found


def ignored_by(cls):
    function = cls.__init__
    while hasattr(function, "__wrapped__"):
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            if name == "ignore_param_names":
                return sorted(cell.cell_contents)
        function = function.__wrapped__
    return []


def main():
    import mindformers
    from mindformers.core.config_args import ContextConfig, ParallelContextConfig
    from mindformers.core.context.build_context import MFContextConfig, _MSContextApplier
    from mindformers.core.optim import FusedAdamW, FusedPmaAdamW
    from mindformers.dataset.causal_language_model_dataset import CausalLanguageModelDataset
    from mindformers.dataset.dataloader.blended_megatron_dataloader import MegatronDatasetBuilder
    from mindformers.models.deepseek3.configuration_deepseek_v3 import DeepseekV3Config
    from mindformers.models.deepseek3.config_converter_deepseek_v3 import DeepseekV3ConfigConverter
    from mindformers.models.qwen3.configuration_qwen3 import Qwen3Config
    from mindformers.models.qwen3.config_converter_qwen3 import Qwen3ConfigConverter
    from mindformers.models.qwen3_moe.configuration_qwen3_moe import Qwen3MoeConfig
    from mindformers.models.qwen3_moe.config_converter_qwen3_moe import Qwen3MoeConfigConverter
    from mindformers.parallel_core.transformer_config import MLATransformerConfig, TransformerConfig
    from mindformers.tools.register import MindFormerModuleType, MindFormerRegister
    from mindformers.tools.register.template import CONFIG_NAME_TO_CLASS, ListConfig, SpecConfig, StableRankConfig

    sections = {}

    def add(section, keys, **more):
        sections[section] = {**more, "keys": keys}

    for name, cls in {**CONFIG_NAME_TO_CLASS, "monitor_config.stable_rank_config": StableRankConfig}.items():
        if issubclass(cls, ListConfig):
            continue
        keys = {key: {"default": spell(getattr(cls, key))} for key in cls.keys()}
        strict = cls._raise_error_for_unexpected_key and name != "general_config"
        add("" if name == "general_config" else name, keys, strict=strict, spec=issubclass(cls, SpecConfig), required=cls._required_keys)

    for section, module in (
        ("optimizer", MindFormerModuleType.OPTIMIZER),
        ("lr_schedule", MindFormerModuleType.LR),
        ("callbacks", MindFormerModuleType.CALLBACK),
        ("runner_wrapper", MindFormerModuleType.WRAPPER),
        ("train_dataset.data_loader", MindFormerModuleType.DATASET_LOADER),
    ):
        for kind, cls in MindFormerRegister.registry[module].items():
            if cls.__module__.startswith("mindformers"):
                add(f"{section}:{kind}", of_signature(cls.__new__ if "__new__" in vars(cls) else cls.__init__))
    for cls in (FusedAdamW, FusedPmaAdamW):
        add(f"optimizer:{cls.__name__}", of_signature(cls.__init__))
    add("train_dataset", of_signature(CausalLanguageModelDataset.__new__))
    add("train_dataset.data_loader.config", reads(MegatronDatasetBuilder.init_gpt_dataset_config, "self.config"))
    add("checkpoint", checkpoint_keys())
    add("context:applied", {key: {} for _, keys, _ in _MSContextApplier._migrate for key in keys})
    add("context:supported", {key: {} for key in [*ContextConfig._support_kwargs, *MFContextConfig.get_supported_kwargs()]})
    add("parallel:supported", {key: {} for key in ParallelContextConfig._support_kwargs})
    add("model.model_config:transformer", of_dataclass(TransformerConfig))
    add("model.model_config:mla", of_dataclass(MLATransformerConfig))
    for name, cls, converter in (
        ("deepseek_v3", DeepseekV3Config, DeepseekV3ConfigConverter),
        ("qwen3", Qwen3Config, Qwen3ConfigConverter),
        ("qwen3_moe", Qwen3MoeConfig, Qwen3MoeConfigConverter),
    ):
        mapping = {}
        for klass in reversed(converter.__mro__):
            for source, target in getattr(klass, "CONFIG_MAPPING", {}).items():
                for key in source if isinstance(source, tuple) else (source,):
                    mapping[key] = target if isinstance(target, str) else target[0]
        add(f"model.model_config:{name}", of_model(cls), mapping=mapping, ignored=ignored_by(cls))
    folder = os.path.join(os.path.dirname(os.path.dirname(mindformers.__file__)), "configs")
    return {"version": mindformers.__version__, "sections": sections, "yaml": yaml_keys(folder)}


with contextlib.redirect_stdout(sys.stderr):
    found = main()
print(json.dumps(found))
