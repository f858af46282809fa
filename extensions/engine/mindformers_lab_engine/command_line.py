"""The command line of MindFormers' run_mindformer.py: its flags, and free `--a.b.c value` overrides of the configuration.

The grammar stands here without MindFormers' converters, so that the command line can be read before MindFormers is imported
(the device decides what has to happen before that). `apply.py` gives the values their meaning with MindFormers' own functions.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass

from .failure import EngineError

# name, kind; kinds: int, text, bool, bool_or_text, texts (one or more)
FLAGS: tuple[tuple[str, str], ...] = (
    ("mode", "int"),
    ("device_id", "int"),
    ("device_target", "text"),
    ("run_mode", "text"),
    ("do_eval", "bool"),
    ("train_dataset_dir", "text"),
    ("eval_dataset_dir", "text"),
    ("predict_data", "texts"),
    ("modal_type", "texts"),
    ("predict_batch_size", "int"),
    ("adapter_id", "texts"),
    ("load_checkpoint", "text"),
    ("pretrained_model_dir", "text"),
    ("src_strategy_path_or_dir", "text"),
    ("auto_trans_ckpt", "bool"),
    ("transform_process_num", "int"),
    ("only_save_strategy", "bool"),
    ("resume_training", "bool_or_text"),
    ("strategy_load_checkpoint", "text"),
    ("remote_save_url", "text"),
    ("seed", "int"),
    ("use_parallel", "bool"),
    ("profile", "bool"),
    ("options", "texts"),
    ("epochs", "int"),
    ("batch_size", "int"),
    ("gradient_accumulation_steps", "int"),
    ("sink_mode", "bool"),
    ("num_samples", "int"),
    ("output_dir", "text"),
    ("register_path", "text"),
    ("do_sample", "bool"),
    ("trust_remote_code", "bool"),
)


@dataclass(frozen=True)
class CommandLine:
    """`flags`: name → text as typed (int already read, list for one-or-more flags), absent ones left out.
    `overrides`: the free pairs in order, path without dashes → text as typed."""

    config: str
    flags: dict[str, object]
    overrides: tuple[tuple[str, str], ...]


def parse_command_line(arguments: Sequence[str]) -> CommandLine:
    """Read the command line. Relative --config and --register_path are relative to the working directory."""
    known, rest = _parser().parse_known_args(list(arguments))
    values = {name: value for name, value in vars(known).items() if value is not None}
    config = os.path.abspath(values.pop("config"))
    if "register_path" in values:
        values["register_path"] = os.path.abspath(values["register_path"])
    return CommandLine(config, values, tuple(_pairs(rest)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_mindformer.py",
        description="Run MindFormers on a YAML configuration. Any further --a.b.c VALUE overrides that path of the configuration.",
    )
    parser.add_argument("--config", required=True, help="YAML file")
    for name, kind in FLAGS:
        parser.add_argument(f"--{name}", type=int if kind == "int" else str, nargs="+" if kind == "texts" else None)
    return parser


def _pairs(rest: Sequence[str]) -> list[tuple[str, str]]:
    """`--key value` and `--key=value`. Only the first `=` separates, so a value may contain more of them."""
    words: list[str] = []
    for word in rest:
        words.extend(word.split("=", 1) if word.startswith("--") and len(words) % 2 == 0 else [word])
    if len(words) % 2 != 0:
        raise EngineError(
            f"Arguments other than the known flags must come in pairs; found {len(words)} words: {' '.join(words)}",
            "--path.to.key VALUE",
        )
    pairs = list(zip(words[::2], words[1::2], strict=True))
    for key, value in pairs:
        if not key.startswith("--"):
            raise EngineError(
                f"Expected --path.to.key before a value; found {key!r} before {value!r}", f"--{key} {value}"
            )
    return [(key[2:], value) for key, value in pairs]
