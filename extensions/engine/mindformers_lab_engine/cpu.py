"""Everything that a CPU run needs beside MindFormers, and what a CPU cannot do."""

from typing import Any

from .failure import EngineError

ONE_ONLY = ("model_parallel", "pipeline_stage", "expert_parallel", "context_parallel")
DATA_PARALLEL = (0, "DATA_PARALLEL", "data_parallel")


def install_cpu_layer() -> list[str]:
    """Substitute operators, wrap MindSpore, then MindFormers; the order matters. Returns the operators' names."""
    from .operators import install_operators
    from .wraps import install_mindformers_wraps, install_mindspore_wraps

    operators = install_operators()
    install_mindspore_wraps()
    install_mindformers_wraps()
    return operators


def refuse_impossible(config: Any) -> None:
    """Stop before anything is built if the configuration asks for what the CPU backend cannot do."""
    if not config.use_parallel:
        return
    mode = config.get_value("parallel.parallel_mode", 1)
    if mode not in DATA_PARALLEL:
        raise EngineError(
            f"parallel.parallel_mode is {mode!r}; on CPU only data parallelism exists: expected 0 (MindSpore answers `Invalid backend: CPU` to the others)",
            "--parallel.parallel_mode 0",
        )
    for key in ONE_ONLY:
        size = config.get_value(f"parallel_config.{key}", 1)
        if size not in (None, 1):
            raise EngineError(
                f"parallel_config.{key} is {size}; splitting a model over workers needs Ascend, on CPU expected 1",
                f"--parallel_config.{key} 1",
            )
