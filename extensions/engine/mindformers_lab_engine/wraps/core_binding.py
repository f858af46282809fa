"""Core binding: MindFormers always asks for it. With more workers than cores, MindSpore divides the cores by the workers,
gets 0 and then divides by that. A worker that is not bound to a core trains just as well."""

import contextlib

import mindspore as ms


def install() -> None:
    bind = ms.runtime.set_cpu_affinity

    def set_cpu_affinity(*args, **kwargs):
        with contextlib.suppress(ZeroDivisionError):
            bind(*args, **kwargs)

    ms.runtime.set_cpu_affinity = set_cpu_affinity
