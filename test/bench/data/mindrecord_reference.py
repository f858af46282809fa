"""Writes rows with MindSpore's FileWriter: mindrecord_reference.py FILE ROWS LENGTH; prints the seconds, imports excluded."""

import sys
import time

import numpy as np
from mindspore.mindrecord import FileWriter

file, rows, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ids = (np.arange(length + 1) * 7919 % 129000).astype(np.int32)
started = time.perf_counter()
writer = FileWriter(file, 2, overwrite=True)
writer.add_schema({"input_ids": {"type": "int32", "shape": [-1]}}, "bench")
for first in range(0, rows, 256):
    writer.write_raw_data([{"input_ids": ids} for _ in range(min(256, rows - first))])
writer.commit()
print(time.perf_counter() - started)
