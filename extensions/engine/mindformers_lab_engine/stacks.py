"""A way to see where a rank is: on SIGUSR2 Python writes the stacks of all threads into a file, also while it waits in a collective.

The environment variable MF_LAB_STACKS names the folder; whoever starts the run sets it. The file appears when the signal is handled:
before that the signal would end the process.
"""

import faulthandler
import os
import signal

VARIABLE = "MF_LAB_STACKS"


def enable_stacks(folder: str | None, rank: str | None) -> str | None:
    """Register the signal and make the file `rank-<r>.txt`. Returns its path, None if nothing was asked for or can be done."""
    if not folder:
        return None
    path = os.path.join(folder, f"rank-{rank or 0}.txt")
    try:
        os.makedirs(folder, exist_ok=True)
        file = open(path + ".new", "w", encoding="utf-8")  # noqa: SIM115 - the signal writes to it as long as the process lives
        faulthandler.register(signal.SIGUSR2, file=file, all_threads=True, chain=False)
        os.replace(path + ".new", path)
    except (OSError, ValueError, RuntimeError):
        return None  # no reason not to train
    return path
