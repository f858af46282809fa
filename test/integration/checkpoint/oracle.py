"""MindSpore as the reference of the checkpoint tests: one start answers many questions, a line of JSON each (see PythonSession)."""

import base64
import glob
import json
import os
import sys

import mindspore as ms
import numpy as np
from mindspore.train import serialization

DTYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64", "bool_", "bfloat16"]


def described(parameters):
    """Type, shape and bytes of each tensor; texts as they are."""
    answer = {}
    for name, value in parameters.items():
        if isinstance(value, str):
            answer[name] = value
        else:
            data = value.data if isinstance(value, ms.Parameter) else value
            answer[name] = [str(data.dtype), list(data.shape), base64.b64encode(bytes(data.get_bytes())).decode()]
    return answer


def every_dtype():
    random = np.random.default_rng(7)
    tensors = {}
    for dtype in DTYPES:
        values = random.standard_normal((3, 5)) * 50
        tensors[f"layer.{dtype}"] = ms.Tensor(values.astype("float32")).astype(getattr(ms, dtype))
    tensors["single"] = ms.Tensor(np.float32(2.5))
    tensors["wide"] = ms.Tensor(random.standard_normal((40, 33)).astype("float32"))
    return tensors


def save(folder):
    tensors = every_dtype()
    parameters = [{"name": name, "data": data} for name, data in tensors.items()]
    more = {"epoch_num": 2, "step_num": 146, "loss_scale": 4.0, "global_batch_size": 8, "note": "日本 text"}
    path = lambda name: os.path.join(folder, name)
    ms.save_checkpoint(parameters, path("plain.ckpt"), append_dict=more)
    ms.save_checkpoint(parameters, path("crc.ckpt"), append_dict=more, crc_check=True)
    for bits in (128, 192, 256):
        ms.save_checkpoint(parameters, path(f"gcm{bits}.ckpt"), append_dict=more, enc_key=KEY[: bits // 8])
        ms.save_checkpoint(parameters, path(f"cbc{bits}.ckpt"), append_dict=more, enc_key=KEY[: bits // 8], enc_mode="AES-CBC")
    ms.save_checkpoint(parameters, path("sm4.ckpt"), append_dict=more, enc_key=KEY[:16], enc_mode="SM4-CBC")
    sizes = serialization.SLICE_SIZE, serialization.ENCRYPT_BLOCK_SIZE
    serialization.SLICE_SIZE = 1
    ms.save_checkpoint(parameters, path("sliced.ckpt"), append_dict=more, crc_check=True)
    serialization.ENCRYPT_BLOCK_SIZE = 1
    ms.save_checkpoint(parameters, path("blocks.ckpt"), append_dict=more, enc_key=KEY[:16])
    serialization.SLICE_SIZE, serialization.ENCRYPT_BLOCK_SIZE = sizes
    numbers = {key: value for key, value in more.items() if key != "note"}
    # crc_check fails on bfloat16 in this format.
    plain = [entry for entry in parameters if "bfloat16" not in entry["name"]]
    ms.save_checkpoint(plain, path("crc.safetensors"), append_dict=numbers, crc_check=True, format="safetensors")
    ms.save_checkpoint(parameters, path("plain.safetensors"), append_dict=numbers, format="safetensors")
    return described(ms.load_checkpoint(path("plain.ckpt")))


KEY = b"0123456789abcdefghijklmnopqrstuv"


def load(path, key=None, crc=False):
    format = "safetensors" if path.endswith(".safetensors") else "ckpt"
    options = {"dec_key": key.encode()} if key else {}
    return described(ms.load_checkpoint(path, format=format, crc_check=crc, **options))


def unify(folder, strategy, output, redundancy, suffix=None):
    ms.parallel.unified_safetensors(folder, strategy, output, merge_with_redundancy=redundancy, file_suffix=suffix)
    answer = {}
    for path in glob.glob(os.path.join(output, "part*.safetensors")):
        answer.update(load(path))
    return answer


def transform(folder, output, prefix, source, target, format):
    ms.transform_checkpoints(folder, output, prefix, source, target, output_format=format)
    return {os.path.relpath(path, output): load(path) for path in glob.glob(os.path.join(output, "*", f"*.{format}"))}


def merge_strategies(folder, output):
    ms.merge_pipeline_strategys(folder, output)
    return os.path.getsize(output)


ACTIONS = {"save": save, "load": load, "unify": unify, "transform": transform, "merge_strategies": merge_strategies}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = {"value": ACTIONS[question.pop("action")](**question)}
    except Exception as error:  # the test decides what a failure means
        answer = {"error": f"{type(error).__name__}: {error}"}
    print("answer " + json.dumps(answer), flush=True)
