"""Places in MindSpore and MindFormers that assume an NPU, wrapped in this process. Each module says what assumes it and why."""


def install_mindspore_wraps() -> None:
    """Before MindFormers is imported: its modules take these functions by name when they load."""
    from . import barrier, core_binding, exit_request, overflow

    for wrap in (barrier, core_binding, exit_request, overflow):
        wrap.install()


def install_mindformers_wraps() -> None:
    """After the operators and MindSpore's wraps. Imports MindFormers."""
    from . import async_save, expert_group, separate_loss, strategy_metadata, world_size

    for wrap in (async_save, expert_group, separate_loss, strategy_metadata, world_size):
        wrap.install()
