"""What msrun starts on every worker: MindFormers' trainer, made runnable on a CPU where the configuration asks for one."""

import sys

from mindformers_lab_engine.launch import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
