"""The Python side of safetensors.test.ts: writes files with the safetensors package and says what it reads. Answers with one JSON value."""

import ctypes
import json
import sys
from pathlib import Path

import numpy as np
from safetensors import TensorSpec, safe_open, serialize_file

DTYPES = [
    "bool", "uint8", "int8", "int16", "uint16", "float16", "bfloat16", "int32", "uint32", "float32", "complex64", "float64", "int64",
    "uint64", "float8_e5m2", "float8_e4m3fn", "float8_e8m0fnu", "float8_e4m3fnuz", "float8_e5m2fnuz", "float4_e2m1fn_x2",
]
BYTES = {"float16": 2, "bfloat16": 2, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "float32": 4}
NUMPY = ["bool", "uint8", "int8", "int16", "uint16", "float16", "int32", "uint32", "float32", "float64", "int64", "uint64"]


def size_of(dtype):
    return BYTES.get(dtype, 8 if dtype.endswith("64") else 1)


def write_every_dtype(folder):
    """One file with a 2 x 3 tensor of each dtype (random bytes), a single value and an empty tensor."""
    random = np.random.default_rng(1)
    specs, keep, names, values = {}, [], [], {}
    for dtype in DTYPES:
        raw = random.integers(0, 2 if dtype == "bool" else 256, 6 * size_of(dtype), dtype=np.uint8)
        buffer = (ctypes.c_char * len(raw)).from_buffer_copy(raw.tobytes())
        keep.append(buffer)
        try:
            specs[dtype] = TensorSpec(dtype=dtype, shape=[2, 3], data_ptr=ctypes.addressof(buffer), data_len=len(raw))
        except Exception:  # a dtype that this version does not know
            continue
        names.append(dtype)
        if dtype in NUMPY:
            values[dtype] = [repr(value) for value in raw.view(dtype).astype("object").tolist()]
        elif dtype == "bfloat16":
            wide = raw.view("uint16").astype("uint32") << 16
            values[dtype] = [repr(float(value)) for value in wide.view("float32")]
    one = (ctypes.c_char * 8).from_buffer_copy(np.int64(146).tobytes())
    specs["step_num"] = TensorSpec(dtype="int64", shape=[], data_ptr=ctypes.addressof(one), data_len=8)
    specs["empty"] = TensorSpec(dtype="float32", shape=[0, 7], data_ptr=ctypes.addressof(one), data_len=0)
    path = str(Path(folder, "every.safetensors"))
    serialize_file(specs, path, {"format": "np", "note": "日本\n\u2028"})
    return {"path": path, "written": names, "values": values, **describe(path)}


def describe(path):
    with safe_open(path, framework="np") as file:
        tensors = {}
        for name in file.keys():
            part = file.get_slice(name)
            tensors[name] = [str(part.get_dtype()), list(part.get_shape())]
        return {"tensors": tensors, "metadata": file.metadata()}


def refused(paths):
    """Which of the files the safetensors package refuses."""
    answers = []
    for path in paths:
        try:
            with safe_open(path, framework="np") as file:
                list(file.keys())
            answers.append(False)
        except Exception:
            answers.append(True)
    return answers


def write_with_mindspore(path):
    """What MindSpore's ModelCheckpoint does when it saves a point: parameters and, as single values, where the training stands."""
    import mindspore

    random = np.random.default_rng(1)
    value = lambda *shape: mindspore.Tensor(random.standard_normal(shape).astype("float32"))
    tensors = {
        "decoder.layers.0.mlp.linear_fc1.weight": value(8, 3),
        "decoder.layers.0.mlp.linear_fc2.weight": value(3, 4).astype(mindspore.bfloat16),
        "adam_m.decoder.layers.0.mlp.linear_fc1.weight": value(8, 3),
        "adam_v.decoder.layers.0.mlp.linear_fc1.weight": value(8, 3),
        "global_step": mindspore.Tensor(np.array([146], "int32")),
    }
    counters = {"epoch_num": 1, "step_num": 146, "loss_scale": 2.0, "global_batch_size": 4}
    parameters = [{"name": name, "data": data} for name, data in tensors.items()]
    mindspore.save_checkpoint(parameters, path, format="safetensors", append_dict=counters)
    sums = {name: float(data.astype(mindspore.float32).asnumpy().astype("float64").sum()) for name, data in tensors.items()}
    return {"sums": {**sums, **counters}, **describe(path)}


ACTIONS = {"every": write_every_dtype, "describe": describe, "mindspore": write_with_mindspore, "refused": refused}
action, argument = sys.argv[1], json.loads(sys.argv[2])
print(json.dumps(ACTIONS[action](argument)))
