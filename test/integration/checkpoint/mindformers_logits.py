"""Logits of MindFormers' own forward pass on a CPU: mindformers_logits.py CONFIG WEIGHTS IDS OUTPUT

WEIGHTS: a safetensors file of one rank. IDS: JSON, rows of token ids as long as the model's seq_length. OUTPUT: .npy [tokens, vocabulary].
Prints how many parameters of the network the file did not hold.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "extensions" / "engine"))

from mindformers_lab_engine.cpu import install_cpu_layer

install_cpu_layer()

import mindspore as ms
import numpy as np
from mindformers.core.context import build_context
from mindformers.models.build_model import build_network
from mindformers.tools.register import MindFormerConfig
from mindformers.utils.file_utils import set_output_path

config_path, weights, ids_path, output = sys.argv[1:]
config = MindFormerConfig(config_path)
config.use_parallel = False
config.parallel_config.data_parallel = 1
config.output_dir = str(Path(output).resolve().parent)
set_output_path(config.output_dir)
build_context(config)
network = build_network(config.model, default_args={"parallel_config": config.parallel_config})
stored = ms.load_checkpoint(weights, format="safetensors")
missing, _ = ms.load_param_into_net(network, stored)
network.set_train(False)
with open(ids_path, encoding="utf-8") as file:
    ids = np.array(json.load(file), np.int32)
# As the data set gives it: 1 stands for a position that is not looked at.
later = np.triu(np.ones((ids.shape[1], ids.shape[1]), np.uint8), 1)
mask = np.broadcast_to(later, (len(ids), 1, *later.shape)).copy()
logits = network(ms.Tensor(ids), None, ms.Tensor(mask))
np.save(output, logits.asnumpy().reshape(-1, logits.shape[-1]))
print(json.dumps({"missing": [name for name in missing if "fi_accu" not in name and "expert_load" not in name]}))
