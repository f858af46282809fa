"""Writes the 1.9 layout with MindFormers' own functions, without a training: iteration_layout.py FOLDER

Four ranks as data parallel 2 × tensor parallel 2. Prints the whole tensors as JSON: {name: {"shape", "values"}}.
"""

import json
import os
import sys

import mindspore as ms
import numpy as np
from mindformers.checkpoint import metadata
from mindformers.checkpoint.checkpoint import CommonInfo
from mindformers.checkpoint.sharded_tensor import get_sharded_tensor_from_strategy_metadata
from mindformers.checkpoint.utils import (
    FileType,
    get_checkpoint_iter_dir,
    get_checkpoint_name,
    get_checkpoint_tracker_filename,
    get_common_filename,
    get_metadata_filename,
)
from mindspore.parallel.shard import Layout

RANKS, STEP = 4, 20
folder = sys.argv[1]
random = np.random.default_rng(0)
grid = Layout((2, 2), ("dp", "tp"), list(range(RANKS)))
# name: shape, and how its axes are divided; the moments as with optimizer parallelism over dp
WEIGHTS = {
    "embedding.word_embeddings.weight": ((8, 6), grid("tp", "None")),
    "decoder.layers.0.mlp.linear_fc1.weight": ((4, 8), grid(("dp", "tp"), "None")),
    "decoder.layers.0.mlp.linear_fc2.weight": ((6, 8), grid("None", "tp")),
    "decoder.layers.0.self_attention.linear_proj.weight": ((4, 4), grid("dp", "tp")),
    "decoder.layers.0.linear.bias": ((8,), grid("tp")),
    "decoder.final_layernorm.weight": ((6,), grid("None")),
}
MOMENTS = {
    f"adam_{moment}.{name}": (shape, grid(("tp", "dp"), *["None"] * (len(shape) - 1)))
    for moment in "mv"
    for name, (shape, _) in WEIGHTS.items()
    if shape[0] % RANKS == 0
}
whole = {
    name: random.standard_normal(shape).astype(np.float32) for name, (shape, _) in {**WEIGHTS, **MOMENTS}.items()
}


def slice_of(name, rank, sharded):
    """The part of the whole tensor that a rank holds, cut by the layout and not by the metadata under test."""
    array = whole[name]
    layout = ({**WEIGHTS, **MOMENTS}[name][1]).to_dict()
    coordinates = dict(zip((1, 0), divmod(rank, 2), strict=True))  # tensor_map counts axes of the device matrix from the right
    for axis, mapped in enumerate(layout["tensor_map"]):
        for one in mapped if isinstance(mapped, (list, tuple)) else (mapped,):
            if one != -1:
                array = np.split(array, 2, axis)[coordinates[one]]
    assert array.shape == sharded.local_shape
    return np.ascontiguousarray(array)


metadata.get_group_size = lambda: RANKS
described = {name: [layout, "Float32", shape] for name, (shape, layout) in {**WEIGHTS, **MOMENTS}.items()}
ranks = {rank: get_sharded_tensor_from_strategy_metadata(described, rank) for rank in range(RANKS)}
place = get_checkpoint_iter_dir(folder, STEP)
os.makedirs(place)
for rank, tensors in ranks.items():
    for kind, names in ((FileType.MODEL, WEIGHTS), (FileType.OPTIMIZER, MOMENTS)):
        saved = [{"name": name, "data": ms.Tensor(slice_of(name, rank, tensors[name]))} for name in names]
        ms.save_checkpoint(saved, get_checkpoint_name(place, "own", rank, RANKS, kind), format="safetensors")
mappings = metadata.get_total_params_file_mapping_info(ranks, "own", WEIGHTS.keys())
metadata.save_metadata(ranks, mappings, get_metadata_filename(folder, STEP))
common = CommonInfo(epoch_num=1, step_num=STEP, global_step=STEP, loss_scale=1.0, global_batch_size=4, ckpt_status=0)
common.save_common(get_common_filename(folder, STEP))
with open(get_checkpoint_tracker_filename(folder), "w", encoding="utf-8") as file:
    file.write(str(STEP))
print(json.dumps({name: {"shape": array.shape, "values": array.flatten().tolist()} for name, array in whole.items()}))
