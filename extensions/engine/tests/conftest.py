"""The package under test stands beside this folder. MindFormers creates its log folder when it is imported: not in the working directory."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

logs = tempfile.mkdtemp(prefix="engine-tests-")
atexit.register(shutil.rmtree, logs, ignore_errors=True)
os.environ["LOG_MF_PATH"] = logs
