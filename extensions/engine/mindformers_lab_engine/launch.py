"""Start: read the command line, prepare the device, let MindFormers train.

The order is the point. The device must be known before MindFormers is imported, because on a CPU the operators and functions
that its modules take by name have to be in place by then. On Ascend nothing is replaced; CheckpointMonitor also saves on request.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

from .command_line import parse_command_line
from .device import device_of
from .failure import EngineError
from .stacks import VARIABLE as STACKS
from .stacks import enable_stacks
from .versions import check_versions

NAME = "mindformers-lab engine"


def main(arguments: Sequence[str]) -> int:
    """Run to the end. Exit code 0, or 1 with two lines on standard error for a problem that the user can cure."""
    try:
        start(arguments)
    except EngineError as error:
        say(f"ERROR {error}")
        return 1
    return 0


def start(arguments: Sequence[str]) -> None:
    config = prepare(arguments)
    from mindformers.core.context import build_context
    from mindformers.trainer import Trainer
    from mindformers.utils.file_utils import set_output_path

    set_output_path(config.output_dir)
    build_context(config)
    run(Trainer(config), config)


def prepare(arguments: Sequence[str]) -> Any:
    """Everything up to the trainer: the checked configuration, with the device's layer in place."""
    enable_stacks(os.environ.get(STACKS), os.environ.get("RANK_ID"))
    command = parse_command_line(arguments)
    device = device_of(command)
    for warning in check_versions():
        say(f"WARNING {warning}")
    cpu = device == "CPU"
    if cpu:
        from .cpu import install_cpu_layer

        say(f"device CPU: substitutes for {', '.join(install_cpu_layer())}")
    from .apply import compose_config
    from .graceful_exit import VARIABLE, enable_graceful_exit
    from .save_request import enable_save_requests

    config = compose_config(command)
    if cpu:
        from .cpu import refuse_impossible

        refuse_impossible(config)
    line = enable_graceful_exit(config, os.environ.get(VARIABLE))
    if line:
        say(line)
    line = enable_save_requests(os.environ.get(VARIABLE), config)
    if line:
        say(line)
    return config


def run(trainer: Any, config: Any) -> None:
    if config.run_mode in ("train", "finetune"):
        trainer.train()
    elif config.run_mode == "eval":
        trainer.evaluate(eval_checkpoint=config.load_checkpoint)
    else:
        trainer.predict(
            predict_checkpoint=config.load_checkpoint,
            input_data=config.input_data,
            batch_size=config.predict_batch_size,
            adapter_id=config.adapter_id,
        )


def say(line: str) -> None:
    print(f"{NAME}: {line}", file=sys.stderr, flush=True)
