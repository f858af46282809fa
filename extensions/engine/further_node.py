"""Starts msrun as a further node of the machine that runs node 0 as well.

msrun takes itself for node 0 where it owns the master's address, and would start a second scheduler on the same port.
"""

import sys

from mindspore.parallel.cluster import run
from mindspore.parallel.cluster.process_entity import _api

_api._is_local_ip = lambda address: False

if __name__ == "__main__":
    sys.exit(run.main())
