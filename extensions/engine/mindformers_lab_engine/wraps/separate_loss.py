"""print_separate_loss: MindFormers reads the parts of the loss, clears them, then prints them. On a device asnumpy() copies;
on a CPU it shares memory with the parameter, so the clearing clears what is about to be printed (`lm_loss: 0.000000`)."""

import mindformers.core.callback.callback as callback

NAMES = ("lm_loss", "aux_loss", "mtp_loss", "indexer_loss")


def _get_separate_loss():
    register = callback.parameter_register
    values = tuple(register.get(name).asnumpy().copy() for name in NAMES)
    for name in NAMES:
        register.clear(name)
    return values


def install() -> None:
    callback._get_separate_loss = _get_separate_loss
