"""Command line + YAML → MindFormers' configuration object, with MindFormers' own readers for every value."""

import argparse
import os
import re
import sys
from typing import Any

from .command_line import FLAGS, CommandLine
from .failure import EngineError
from .predict_input import predict_input

RUN_MODES = ("train", "finetune", "eval", "predict")

# flag → path in the configuration, in the order in which run_mindformer.py applies them
TARGETS: tuple[tuple[str, str], ...] = (
    ("device_id", "context.device_id"),
    ("device_target", "context.device_target"),
    ("mode", "context.mode"),
    ("do_eval", "do_eval"),
    ("seed", "seed"),
    ("use_parallel", "use_parallel"),
    ("load_checkpoint", "load_checkpoint"),
    ("pretrained_model_dir", "pretrained_model_dir"),
    ("src_strategy_path_or_dir", "src_strategy_path_or_dir"),
    ("auto_trans_ckpt", "auto_trans_ckpt"),
    ("transform_process_num", "transform_process_num"),
    ("only_save_strategy", "only_save_strategy"),
    ("resume_training", "resume_training"),
    ("strategy_load_checkpoint", "parallel.strategy_ckpt_load_file"),
    ("remote_save_url", "remote_save_url"),
    ("profile", "profile"),
)
TARGETS_AFTER_OPTIONS: tuple[tuple[str, str], ...] = (
    ("train_dataset_dir", "train_dataset.data_loader.dataset_dir"),
    ("eval_dataset_dir", "eval_dataset.data_loader.dataset_dir"),
    ("do_sample", "model.model_config.do_sample"),
    ("epochs", "runner_config.epochs"),
    ("batch_size", "runner_config.batch_size"),
    ("gradient_accumulation_steps", "runner_config.gradient_accumulation_steps"),
    ("sink_mode", "runner_config.sink_mode"),
    ("output_dir", "output_dir"),
    ("trust_remote_code", "trust_remote_code"),
)


def compose_config(command: CommandLine) -> Any:
    """The MindFormerConfig of this run. Imports MindFormers."""
    _register(command.flags.get("register_path"))
    from mindformers.tools.register import MindFormerConfig

    flags = read_values(command.flags)
    named = {"run_mode": flags["run_mode"]} if "run_mode" in flags else {}
    config = MindFormerConfig(command.config, **named)
    _set_flags(config, flags, TARGETS)
    if "options" in flags:
        config.merge_from_dict(flags["options"])
    if config.run_mode not in RUN_MODES:
        raise EngineError(
            f"run_mode must be one of {', '.join(RUN_MODES)}; found {config.run_mode!r}", "--run_mode train"
        )
    if config.run_mode == "predict":
        _set_predict(config, flags)
    _set_flags(config, flags, TARGETS_AFTER_OPTIONS)
    if "num_samples" in flags:
        for section in (config.train_dataset, config.eval_dataset):
            if section and section.data_loader:
                section.data_loader.num_samples = flags["num_samples"]
    for path, text in command.overrides:
        set_override(config, path, text)
    return config


def read_values(flags: dict[str, object]) -> dict[str, Any]:
    """Texts as typed → values, with MindFormers' own converters."""
    from mindformers.tools.utils import str2bool, str2bool_or_str

    kinds = dict(FLAGS)
    values: dict[str, Any] = {}
    for name, value in flags.items():
        if name == "options":
            values[name] = read_options(value)
        elif kinds[name] == "bool_or_text":
            values[name] = str2bool_or_str(value)
        elif kinds[name] == "bool":
            if value.lower() not in ("true", "false"):
                raise EngineError(f"--{name} must be True or False; found {value!r}", f"--{name} True")
            values[name] = str2bool(value)
        else:
            values[name] = value
    if os.path.isdir(values.get("strategy_load_checkpoint", "")):
        values["strategy_load_checkpoint"] = _first_checkpoint(values["strategy_load_checkpoint"])
    return values


def read_options(words: Any) -> dict[str, Any]:
    """`--options key=value …` as MindFormers reads it. MindFormers 1.9.0 reads True there as False: refused."""
    from mindformers.tools.register import ActionDict

    for word in words:
        key, separator, value = word.partition("=")
        if not separator:
            raise EngineError(f"--options takes key=value; found {word!r}", f"--options {word}=VALUE")
        if re.search(r"\btrue\b", value, re.IGNORECASE):
            raise EngineError(f"MindFormers 1.9.0 reads {word!r} in --options as False", f"--{key} {value}")
    holder = argparse.Namespace(options=None)
    ActionDict(option_strings=["--options"], dest="options")(None, holder, words)
    return holder.options


def set_override(config: Any, path: str, text: str) -> None:
    """Set one nested value. Every parent must exist; the last key may be new."""
    from mindformers.tools.utils import parse_value

    *parents, last = path.split(".")
    target = config
    for depth, key in enumerate(parents):
        if not isinstance(target, dict) or key not in target:
            known = (
                ", ".join(map(str, target)) if isinstance(target, dict) else f"none, it is a {type(target).__name__}"
            )
            where = ".".join(parents[:depth]) or "the configuration"
            raise EngineError(
                f"--{path}: {key!r} is not a key of {where}; its keys: {known}",
                f"--{where}.KEY VALUE" if depth else "--KEY VALUE",
            )
        target = target[key]
    if not isinstance(target, dict):
        raise EngineError(
            f"--{path}: {'.'.join(parents)} is a {type(target).__name__}, it has no keys",
            f"--{'.'.join(parents)} VALUE",
        )
    try:
        target[last] = parse_value(text)
    except (ValueError, OverflowError) as error:
        number = float(text)
        plain = f"--{path} {int(number)}" if number.is_integer() else f"write {path} into the YAML file"
        raise EngineError(
            f"--{path}: MindFormers 1.9.0 cannot read {text!r} on the command line: {error}", plain
        ) from error


def _set_flags(config: Any, flags: dict[str, Any], targets: tuple[tuple[str, str], ...]) -> None:
    for flag, path in targets:
        if flag in flags:
            config.set_value(path, flags[flag])


def _set_predict(config: Any, flags: dict[str, Any]) -> None:
    config.input_data = predict_input(flags.get("predict_data"), flags.get("modal_type"))
    if "predict_batch_size" in flags:
        config.predict_batch_size = flags["predict_batch_size"]
    adapter = config.get_value("model.model_config.pet_config.pet_type")
    if adapter == "slora":
        config.adapter_id = flags.get("adapter_id")


def _register(path: object) -> None:
    if path is not None:
        os.environ["REGISTER_PATH"] = str(path)
        if path not in sys.path:
            sys.path.append(str(path))


def _first_checkpoint(folder: str) -> str:
    names = sorted(name for name in os.listdir(folder) if name.endswith(".ckpt"))
    if not names:
        raise EngineError(f"--strategy_load_checkpoint: no .ckpt file in {folder}", f"ls {folder}")
    return os.path.join(folder, names[0])
