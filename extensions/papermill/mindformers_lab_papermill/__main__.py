"""papermill's command line as `python -m mindformers_lab_papermill`: an expected error is its message, without Python's traceback."""

import logging
import sys

#: papermill's own code for a kernel that died.
DEAD_KERNEL = 138
#: Lines that repeat an error: the translator refuses such a parameter, and the caller reports such a kernel.
REPEATED = ("Passed unknown parameter", "Kernel died while waiting")


def main() -> int:
    """Exit code. A kernel that died prints nothing: an interrupt ends it too, and the caller knows which one it was."""
    try:
        return _papermill()
    except KeyboardInterrupt:
        return 130


def _papermill() -> int:
    # Imported here, so that an interrupt while they load is one of those that main() expects.
    import click
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import DeadKernelError
    from papermill import cli
    from papermill.exceptions import PapermillException, PapermillExecutionError
    from yaml import YAMLError

    # A kernel that is ended in a cell leaves tasks whose exception nobody takes.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    logging.getLogger("papermill").addFilter(lambda record: not str(record.msg).startswith(REPEATED))
    execute = cli.execute_notebook

    def execute_quietly(*positional, **named):
        try:
            return execute(*positional, **named)
        except DeadKernelError:
            sys.exit(DEAD_KERNEL)

    cli.execute_notebook = execute_quietly
    try:
        return cli.papermill.main(standalone_mode=False) or 0
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except PapermillExecutionError as error:
        print(str(error).rstrip(), file=sys.stderr)
    except (PapermillException, NoSuchKernel, OSError, YAMLError) as error:
        print(f"✗ {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
